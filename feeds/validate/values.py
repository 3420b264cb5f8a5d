"""Values of a feed by themselves: addresses, ids, languages, media types, people, numbers, words. Each check says what
is wrong with a text, in one note or none; the codes are those of the W3C validator for that kind of value."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import getaddresses
from urllib.parse import unquote

from feeds.validate.rules import Note, shown
from feeds.validate.vocabulary import COUNTRIES, LANGUAGES, SCHEMES

Check = Callable[[str], Note | None]

_URI_CHARACTERS = r"0-9A-Za-z;/?:@&=+$.\-_!~*'()%,#"
_NOT_URI = re.compile(rf"[^{_URI_CHARACTERS}\u0080-\U0010ffff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_REFERENCE = re.compile(rf"([a-zA-Z][0-9a-zA-Z+.-]*:)?/{{0,2}}(\[[0-9A-Fa-f:]+\])?[{_URI_CHARACTERS}]*")
_ABSOLUTE = re.compile(rf"[a-zA-Z][0-9a-zA-Z+.-]*:(//)?[{_URI_CHARACTERS}]+")
_HIERARCHY = re.compile(r"\w+://[^/]")
_TAG_PART = r"[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,]*"
_TAG = re.compile(rf"tag:([a-z0-9._-]+@)?[a-z0-9.-]+,[0-9]{{4}}(-[0-9]{{2}}(-[0-9]{{2}})?)?:{_TAG_PART}(#{_TAG_PART})?")
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{1,31}:([a-z0-9()+,.:=@;$_!*'/~&-]|%[0-9a-f]{2})+", re.IGNORECASE)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_MEDIA_WORD = r"[^\s()<>,;:\\\"/\[\]?=]+"
_MEDIA = re.compile(rf"{_MEDIA_WORD}/{_MEDIA_WORD}(\s*;\s*{_MEDIA_WORD}=(\"(\\.|[^\"\\])*\"|{_MEDIA_WORD}))*")
_DOMAIN = r"(([0-9]{1,3}\.){3}|([A-Z0-9-]+\.)+)[A-Z0-9][A-Z0-9-]*"
_MAILBOX = re.compile(rf"[A-Z0-9_+.'-]+@{_DOMAIN}", re.IGNORECASE)
_PLAIN_MAILBOX = re.compile(r"[\w._%+-]+@[A-Za-z][\w.-]+")
_MAILBOX_IN_TEXT = re.compile(rf"<[A-Z0-9_+.'-]{{1,64}}@{_DOMAIN}>", re.IGNORECASE)
_WEB = re.compile(rf"https?://{_DOMAIN}(:\d+)?(/|$)", re.IGNORECASE)
_LANGUAGE = re.compile(r"([A-Za-z]{1,8})(-[A-Za-z0-9]{1,8})*")
_WHOLE = re.compile(r"\s*[+-]?[0-9]+(_[0-9]+)*\s*")
_LONGEST_NUMBER = 400
"""Digits of a number that are read: converting takes quadratic time."""


def _address(value: str, pattern: re.Pattern[str], code: str) -> Note | None:
    """What is wrong with an address that has to match `pattern`; `code` where nothing more precise can be said."""
    scheme, colon, _ = value.partition(":")
    scheme = scheme.lower()
    if scheme == "tag":
        return None if _TAG.fullmatch(value) else Note("InvalidTAG", f"{shown(value)} is no tag URI")
    if scheme == "urn":
        return _urn(value)
    if not pattern.fullmatch(value):
        wrong = _NOT_URI.search(value)
        if wrong:
            return Note("InvalidUriChar", f"there is {shown(wrong[0])} in the address {shown(value)}")
        ascii_only = _NOT_ASCII.sub("x", value)
        code = "UriNotIri" if ascii_only != value and pattern.fullmatch(ascii_only) else code
        return Note(code, f"{shown(value)} is no valid address")
    if scheme in ("http", "https", "ftp"):
        return None if _HIERARCHY.match(value) or not colon else Note(code, f"{shown(value)} has no host")
    if colon and scheme.isalpha() and scheme not in SCHEMES:
        return Note("SchemeNotIANARegistered", f"the scheme {shown(scheme)} is not registered")
    return None


def _urn(value: str) -> Note | None:
    if value[:9].lower() == "urn:uuid:":
        return None if _UUID.fullmatch(value) else Note("InvalidUUID", f"{shown(value)} has no UUID")
    return None if _URN.fullmatch(value) else Note("InvalidURN", f"{shown(value)} is no URN")


def link(value: str, code: str = "InvalidLink") -> Note | None:
    """An address in ASCII that may be relative."""
    return _address(value, _REFERENCE, code)


def full_link(value: str) -> Note | None:
    """An absolute address in ASCII."""
    return _address(value, _ABSOLUTE, "InvalidFullLink")


def iri(value: str) -> Note | None:
    """An address in any script that may be relative (RFC 3987)."""
    return _address(_NOT_ASCII.sub("x", value), _REFERENCE, "InvalidIRI")


def full_iri(value: str) -> Note | None:
    """An absolute address in any script: ids, schemes."""
    return _address(_NOT_ASCII.sub("x", value), _ABSOLUTE, "InvalidFullLink")


def uri_attribute(value: str) -> Note | None:
    """An attribute that holds an address in ASCII, which may be relative."""
    return link(value, "InvalidURIAttribute")


def web_address(value: str) -> Note | None:
    """A full http(s) address: enclosures, images."""
    if _WEB.match(value) and _ABSOLUTE.fullmatch(value):
        return None
    return Note("InvalidURLAttribute", f"{shown(value)} is no full web address")


def language(value: str) -> Note | None:
    """A language tag whose first part is a code of ISO 639."""
    match = _LANGUAGE.fullmatch(value[:200])
    if match and len(value) <= 200:
        first = match[1].lower()
        if first in LANGUAGES or len(first) == 3 or (first in ("x", "i") and match[2]):
            return None
    return Note("InvalidLanguage", f"{shown(value)} is no language")


def media_type(value: str, code: str = "InvalidMIMEType") -> Note | None:
    """A media type with its parameters."""
    return None if _MEDIA.fullmatch(value) else Note(code, f"{shown(value)} is no media type")


def media_attribute(value: str) -> Note | None:
    """A media type in an attribute of RSS or Media RSS."""
    return media_type(value, "InvalidMIMEAttribute")


def mailbox(value: str, code: str = "InvalidAddrSpec") -> Note | None:
    """An e-mail address and nothing else."""
    if _MAILBOX.fullmatch(value) or _PLAIN_MAILBOX.fullmatch(value):
        return None
    return Note(code, f"{shown(value)} is no e-mail address")


def contact(value: str) -> Note | None:
    """An e-mail address, maybe with a name."""
    found = getaddresses([value[:1000]]) if "@" in value else []
    return mailbox(found[0][1] if len(found) == 1 and found[0][1] else value, "InvalidContact")


def named_contact(value: str) -> Note | None:
    """An e-mail address with a name in brackets behind it, as the RSS profile has it."""
    if value.startswith("mailto:"):
        value = unquote(value[len("mailto:") :])
    if value.find("@") > 0 and not value.endswith(")"):
        if " " in value:
            return Note("EmailFormat", f"{shown(value)} is not an address with a name in brackets")
        return Note("MissingRealName", f"there is no name beside {shown(value)}")
    return contact(value)


def no_mailbox(value: str) -> Note | None:
    """A name that has an e-mail address inside."""
    if "@" in value and _MAILBOX_IN_TEXT.search(value):
        return Note("ContainsEmail", f"there is an e-mail address in {shown(value)}")
    return None


def whole(value: str) -> int | None:
    """The whole number that `value` is."""
    return int(value) if len(value) <= _LONGEST_NUMBER and _WHOLE.fullmatch(value) else None


def integer(value: str) -> Note | None:
    """A whole number, or nothing."""
    return None if not value or whole(value) is not None else Note("InvalidInteger", f"{shown(value)} is no number")


def non_negative(value: str) -> Note | None:
    """0 or more."""
    number = whole(value)
    return None if number is not None and number >= 0 else Note("InvalidNonNegativeInteger", f"it is {shown(value)}")


def positive(value: str) -> Note | None:
    """1 or more."""
    number = whole(value)
    return None if number is not None and number > 0 else Note("InvalidPositiveInteger", f"it is {shown(value)}")


def attribute_number(value: str) -> Note | None:
    """1 or more, in an attribute."""
    number = whole(value)
    return None if number is not None and number > 0 else Note("InvalidIntegerAttribute", f"it is {shown(value)}")


def within(lowest: float, highest: float, code: str) -> Check:
    """A number of a range; whole where the range is given in whole numbers."""
    whole_only = isinstance(lowest, int) and isinstance(highest, int)

    def check(value: str) -> Note | None:
        try:
            number = whole(value) if whole_only else float(value[:_LONGEST_NUMBER])
        except ValueError:
            number = None
        if number is not None and lowest <= number <= highest:
            return None
        return Note(code, f"{shown(value)} is not a number from {lowest:g} to {highest:g}")

    return check


def one_of(words: str, code: str, *, fold: bool = False) -> Check:
    """One of some words, parted by `|`; in any case with `fold`."""
    allowed = frozenset(words.split("|"))

    def check(value: str) -> Note | None:
        word = value.lower() if fold else value
        return None if word in allowed else Note(code, f"it is {shown(value)}")

    return check


def matching(pattern: str, code: str) -> Check:
    """What a pattern describes from end to end. It must not go back over what it has read."""
    compiled = re.compile(pattern)

    def check(value: str) -> Note | None:
        return None if compiled.fullmatch(value) else Note(code, f"it is {shown(value)}")

    return check


def at_most(longest: int) -> Check:
    """A text of so many characters at most."""

    def check(value: str) -> Note | None:
        if len(value) <= longest:
            return None
        return Note("TooLong", f"there are {len(value)} characters, {longest} are allowed")

    return check


def filled(value: str) -> Note | None:
    """Any text but none."""
    return None if value.strip() else Note("NotBlank", "it is empty")


def filled_attribute(value: str) -> Note | None:
    """An attribute that is not empty."""
    return None if value else Note("AttrNotBlank", "the attribute is empty")


def countries(value: str) -> Note | None:
    """Two-letter codes of countries, parted by spaces."""
    for code in value.upper().split(" "):
        if code not in COUNTRIES:
            return Note("InvalidCountryCode", f"{shown(code)} is no country")
    return None


true_false = one_of("true|false", "InvalidTrueFalse", fold=True)
yes_no = one_of("yes|no", "InvalidYesNo")
decimal = matching(r"[0-9]+\.?[0-9]*", "InvalidFloat")
