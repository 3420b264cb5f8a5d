"""The desk as a crawler finds it: every page that another one leads to, and every form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from tests.desk.web import Web, sent_by
from tests.getting import Got

POLYGLOT = (
    "jaVasCript:/*-/*`/*'/*\"/**/(/* */oNcliCk=alert() )//</title></textarea></style>\"'><x-poly onclick=alert(1)>"
)
"""What ends any string, attribute and element that it is put into, and begins one of its own."""

_TYPED = frozenset({"text", "search", "url", "email", "password", "number", "date", "hidden", ""})


@dataclass(frozen=True, slots=True)
class Form:
    """A form: where it is sent to, its fields with what they hold, and those that a person types into."""

    action: str
    method: str
    fields: dict[str, str]
    typed: tuple[str, ...]

    def with_all(self, value: str) -> dict[str, str]:
        """The fields with `value` in each that is typed into."""
        return {**self.fields, **dict.fromkeys(self.typed, value)}


def forms_of(path: str, body: bytes) -> Iterator[Form]:
    """The forms of the page at `path`."""
    for form in LexborHTMLParser(body).css("form"):
        fields, typed = sent_by(form), list[str]()
        for node in form.css("input, textarea, button"):
            name, kind = node.attributes.get("name"), node.attributes.get("type") or ""
            if not name:
                continue
            if node.tag == "button":
                fields[name] = node.attributes.get("value") or ""
            elif node.tag == "textarea" or kind in _TYPED:
                typed.append(name)
        action = urljoin(path, form.attributes.get("action") or path)
        method = (form.attributes.get("method") or "get").upper()
        if method != "DIALOG":
            yield Form(action, method, fields, tuple(typed))


def pages_of(
    web: Web, start: str = "/desk/", *, most: int = 400, cookie: str = "", keep: Callable[[str], bool] = lambda _: True
) -> dict[str, Got]:
    """Path -> answer, of all below `/desk` that links lead to and live regions ask for, `most` of them."""
    waiting, found = [start], dict[str, Got]()
    headers = {"Cookie": cookie} if cookie else {}
    while waiting and len(found) < most:
        path = waiting.pop(0)
        if path in found or not keep(path):
            continue
        got = found[path] = web.ask(path, **headers)
        if "text/html" in (got.headers["Content-Type"] or ""):
            for link in LexborHTMLParser(got.body).css("a[href], [data-live]"):
                to = urldefrag(urljoin(path, link.attributes.get("href") or link.attributes.get("data-live") or ""))[0]
                if not urlsplit(to).netloc and to.startswith("/desk"):
                    waiting.append(to)
    return found


def injected(body: bytes) -> list[str]:
    """What stands in a page as markup that none of ours is: elements and attributes of a stranger."""
    tree = LexborHTMLParser(body)
    found = ["x-poly" for _ in tree.css("x-poly")]
    for node in tree.css("*"):
        found += [f"{node.tag} {name}" for name in node.attributes if name.lower().startswith("on")]
        href = (node.attributes.get("href") or node.attributes.get("action") or "").strip().lower()
        if href.startswith(("javascript:", "data:", "vbscript:")):
            found.append(f"{node.tag} {href}")
    found += [str(script.html) for script in tree.css("script") if not script.attributes.get("src")]
    return found
