"""`config.toml`: what is taken, and how a mistake is named: file, line, key, nearest valid key."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from db.records import Access
from feeds.config import Config, load, parse
from feeds.errors import ConfigError

SITE = '[site]\ntitle = "Harbour Desk"\nbase_url = "https://news.example/feeds"\n'
SOURCE = '[[source]]\nname = "harbour"\nkind = "seed"\npath = "seeds"\n'
PATH = Path("/desk/config.toml")


def error(text: str) -> str:
    """The one line that a person reads."""
    with pytest.raises(ConfigError) as raised:
        parse(text, PATH)
    assert raised.value.exit_code == 78
    assert "\n" not in str(raised.value)
    return str(raised.value)


# What is taken


def test_the_smallest_configuration() -> None:
    config = parse(SITE + SOURCE, PATH)
    assert (config.site.title, config.site.base_url) == ("Harbour Desk", "https://news.example/feeds/")
    assert (config.source[0].name, config.source[0].kind, config.source[0].enabled) == ("harbour", "seed", True)
    assert (config.site.language, config.site.timezone, config.publish.entries) == ("en", "UTC", 50)
    assert (config.web.host, config.web.allow_remote, config.poll.allow_networks) == ("127.0.0.1", False, ())
    assert config.profile_of(config.source[0]).sections == ()


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "desk" / "config.toml"
    file.parent.mkdir()
    file.write_text(SITE + SOURCE)
    config = load(file)
    assert config.root == file.parent
    assert config.public == file.parent / "var" / "public"
    assert config.resolve(Path("../seeds")) == tmp_path / "seeds"
    assert config.resolve(Path("/seeds")) == Path("/seeds")
    assert config.database_file == file.parent / "var/feeds.sqlite3"
    assert config.database_url == f"sqlite:///{file.parent}/var/feeds.sqlite3"


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "postgresql+psycopg://h/d", "sqlite:///", "sqlite://", "foo"])
def test_only_a_file_is_a_database(url: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml:\d+: database\.url: give sqlite:///PATH"):
        parse(f'[site]\ntitle = "T"\nbase_url = "http://h.example/"\n[database]\nurl = "{url}"\n', Path("config.toml"))


@pytest.mark.parametrize("shape", ["{bogus", "{agency}", "{date} {date}", "{date} {when}", "no date", "{date}}"])
def test_a_dateline_has_a_date(shape: str) -> None:
    text = f'[site]\ntitle = "T"\nbase_url = "http://h.example/"\n[profile.p]\ndateline = "{shape}"\n'
    with pytest.raises(ConfigError, match=r"profile\.p\.dateline: give a shape with"):
        parse(text, Path("config.toml"))
    parse(text.replace(shape, "{place}, {date} ({agency}) -"), Path("config.toml"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.3.2.1", "127.1", "::1", "localhost", "a.example", "ü" * 70, "a\\u0000", ""]
)
def test_loopback_and_names_are_taken_unasked(host: str) -> None:
    assert not parse(f'{SITE}[web]\nhost = "{host}"', PATH).web.allow_remote
    unserved = "[desk]\nenabled = false"
    assert parse(f'{SITE}[web]\nhost = "::"\nallow_remote = true\n{unserved}', PATH).web.allow_remote


def test_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SITE.encode())
    assert load(file).site.title == "Harbour Desk"


def test_profiles_labels_and_sections() -> None:
    text = (
        SITE
        + '[access.labels]\npremium = "For subscribers"\n[profile.harbour]\nmarkers = ["Paid"]\n'
        + SOURCE
        + 'profile = "harbour"\n[[section]]\nname = "Town"\nslug = "town-hall"\n'
    )
    config = parse(text, PATH)
    assert config.profile_of(config.source[0]).markers == ("Paid",)
    assert config.access.label(Access.PREMIUM) == "For subscribers"
    assert config.access.label(Access.FREE) == "free"
    assert config.section[0].slug == "town-hall"


@pytest.mark.parametrize(
    ("site", "prefix"),
    [
        ('base_url = "https://News.Example:8080/x"', "tag:news.example,2026:"),
        ('base_url = "http://127.0.0.1:8080/"', "tag:127.0.0.1,2026:"),
        ('base_url = "http://[::1]:8080/"', "tag:--1,2026:"),
        ('base_url = "https://газета.example/"', "tag:xn--80aahjj1e.example,2026:"),
        ('base_url = "http://my_host:8080/"\nauthority = "news.example"', "tag:news.example,2026:"),
        ('base_url = "http://h/"\nauthority = "news.example"', "tag:news.example,2026:"),
        ('base_url = "http://h/"\nauthority = "news.example,2020-05-01"', "tag:news.example,2020-05-01:"),
    ],
)
def test_the_beginning_of_ids(site: str, prefix: str) -> None:
    assert parse(f'[site]\ntitle = "T"\n{site}', PATH).site.tag_prefix() == prefix


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://газета.example/навіны", "https://xn--80aahjj1e.example/%D0%BD%D0%B0%D0%B2%D1%96%D0%BD%D1%8B/"),
        ("https://News.Example:443/Feeds/", "https://news.example/Feeds/"),
        ("http://[::1]:8080", "http://[::1]:8080/"),
    ],
)
def test_the_address_of_the_site_is_ascii(given: str, taken: str) -> None:
    assert parse(f'[site]\ntitle = "T"\nbase_url = "{given}"', PATH).site.base_url == taken


def test_a_host_that_ids_cannot_carry_needs_an_authority() -> None:
    said = error('[site]\ntitle = "T"\nbase_url = "http://my_host:8080/"')
    assert said.startswith(
        f'{PATH}:1: site: ids cannot carry the host "my_host" of base_url (RFC 4151): give authority'
    )


@pytest.mark.parametrize(
    "text",
    [
        '[publish]\nhubs = ["https://hub.example/?a|b"]',
        '[access]\nsubscribe_url = "https://h.example/{pay}"',
        SOURCE + 'link = "https://h.example/\\"x"',
    ],
)
def test_addresses_that_feeds_carry_hold_nothing_that_makes_them_invalid(text: str) -> None:
    assert "percent-encode" in error(SITE + text)


SAVED = SITE + '[[saved]]\nname = "a"\nquery = "ferry"\n\n[[saved]]\nname = "b"\n'


def test_saved_filters() -> None:
    config = parse(SAVED + 'query = "after:2026-03-02"\nsection = "Town"\naccess = ["free", "metered"]\n', PATH)
    query = config.saved[1].chosen(ZoneInfo("Asia/Tokyo"))
    assert query.since == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert [[term.value for term in group] for group in query.groups] == [["Town"], ["free", "metered"]]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('query = "ferry -"', None),
        ('query = "a sectoin:b"', '10: saved[1].query: query, column 3: "sectoin" is no field; there are title:'),
        ('title = "B"\nquery = "a \\"b"', "11: saved[1].query: query, column 3: a quotation mark is not closed"),
        ('query = "after:7d"', '10: saved[1].query: query, column 1: "7d" ends at the present'),
        ('query = ""', "10: saved[1].query: the query is empty"),
        ('author = ["Ann", "?"]', "10: saved[1].author[1]: author: names no word"),
        ("author = 7", '10: saved[1].author: give a list: ["…", "…"]'),
        ('language = "english!"', "10: saved[1].language[0]: give a BCP 47 language tag"),
        ('access = "paid"', "10: saved[1].access[0]: input should be"),
        ('title = "B"', "8: saved[1]: give a query, or a section, source, access, author or language"),
        ('section = []', "8: saved[1]: give a query, or a section"),
        ('sectoin = "A"', 'sectoin: unknown key; did you mean "section"?'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_filter_is_told_with_its_line(keys: str, said: str | None) -> None:
    if said is None:
        parse(SAVED + keys, PATH)
    else:
        assert said in error(SAVED + keys)


@pytest.mark.parametrize("name", ["a", "A", "a.free", "../a", ""])
def test_names_of_filters_are_names_of_files_and_differ(name: str) -> None:
    assert "saved" in error(SITE + f'[[saved]]\nname = "a"\nquery = "x"\n[[saved]]\nname = "{name}"\nquery = "x"\n')


def test_nothing_can_be_changed_afterwards() -> None:
    config = parse(SITE, PATH)
    with pytest.raises(ValueError, match="frozen"):
        setattr(config.site, "title", "Another")  # noqa: B010  # a plain assignment does not pass mypy


# Mistakes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SITE + 'titel = "x"', 'config.toml:4: site.titel: unknown key; did you mean "title"?'),
        (SITE + "[pol]\ninterval = 5", 'config.toml:4: pol: unknown key; did you mean "poll"?'),
        ("sources = 1\n" + SITE, 'config.toml:1: sources: unknown key; did you mean "source"?'),
        (
            SITE + SOURCE + "\n" + SOURCE + 'sektion = "x"',
            "config.toml:13: source[1].sektion: unknown key; did you mean",
        ),
        (SITE + '[profile.x]\nmarker = ["x"]', 'config.toml:5: profile.x.marker: unknown key; did you mean "markers"?'),
        (SITE + '[profile."x y"]\nmarker = []', "config.toml:5: profile.x y.marker: unknown key; did you mean"),
        (SITE + "[profile.sections]\nmarker = []", "config.toml:5: profile.sections.marker: unknown key; did you mean"),
        (
            SITE + "[web]\nzzz = 1",
            "config.toml:5: web.zzz: unknown key; valid keys: allow_remote, host, ",
        ),
        (
            SITE + '[web]\nhost = "0.0.0.0"',
            "config.toml:4: web: host: other machines could reach 0.0.0.0; say allow_remote",
        ),
        (SITE + '[web]\nhost = "192.0.2.1"', "web: host: other machines could reach 192.0.2.1;"),
        (SITE + '[web]\nhost = "::"', "web: host: other machines could reach ::;"),
        (SITE + "web = { prot = 1 }", "config.toml:4: site.web: unknown key"),
        ("web = { prot = 1 }\n" + SITE, 'config.toml:1: web.prot: unknown key; did you mean "port"?'),
        ("web.prot = 1\n" + SITE, 'config.toml:1: web.prot: unknown key; did you mean "port"?'),
        (SITE + '[access.labels]\npaid = "x"', "config.toml:5: access.labels.paid: input should be 'free', "),
        (SITE + '[web]\nport = "x"', "config.toml:5: web.port: input should be a valid integer"),
        (
            SITE + "[web]\n# port = 1\nport = 70000",
            "config.toml:6: web.port: input should be less than or equal to 65535",
        ),
        (SITE + "[web]\nport = -1\nhost = 5", "web.host: input should be a valid string (and 1 more)"),
        ('[site]\nbase_url = "http://h/"', "config.toml:1: site.title: is missing"),
        ("", "config.toml: site: is missing"),
        (SITE + '[[source]]\nname = "a"', "config.toml:4: source[0]: give either url or path"),
        (SITE + '[[source]]\nname = "a"\nurl = "http://h/"\npath = "x"', "give either url or path"),
        (SITE + '[[source]]\nname = "a"\nkind = "seed"\nurl = "http://h/"', "a seed source takes path"),
        (SITE + '[[source]]\nname = "a"\nurl = "http://h/"\npages = 2', "pages is for sources of kind"),
        (SITE + '[[source]]\nname = "a"\nkind = "pages"\npath = "x"', "config.toml:6: source[0].kind: "),
        (SITE + SOURCE + SOURCE.replace("harbour", "HARBOUR"), 'source: the name "HARBOUR" is given twice'),
        (SITE + SOURCE + 'profile = "x"', 'source "harbour": there is no [profile.x]'),
        (SITE + '[[section]]\nname = "A"\n[[section]]\nname = "a"', 'section: the name "a" is given twice'),
        (
            SITE + '[[section]]\nname = "A"\nslug = "x"\n[[section]]\nname = "B"\nslug = "x"',
            'section: the slug "x" is given twice',
        ),
        (SITE + '[[section]]\nname = "A"\nslug = "../x"', "config.toml:6: section[0].slug: "),
        (
            SITE + "[poll]\nmin_interval = 60\nmax_interval = 30",
            "config.toml:4: poll: min_interval is above max_interval",
        ),
        (SITE + '[poll]\nallow_networks = "10.0.0.0/8"', "poll.allow_networks: give a list:"),
        (SITE + '[websub]\nallow_networks = ["lan"]', 'allow_networks: "lan" is no network'),
        (SITE + '[poll]\nallow_networks = ["lan"]', 'allow_networks: "lan" is no network'),
        (SITE + '[poll]\nuser_agent = "Świat/1.0"', "poll.user_agent: give printable ASCII"),
        (SITE + '[host."LocalHost:18113"]\nper_minute = 1', 'is counted as "localhost:18113": write that'),
        (SITE + '[host."bad host"]\nper_minute = 1', 'host: "bad host" is no host such as'),
        (SITE + '[host."*.a.example"]\nper_minute = 1', "is no host such as"),
        (SITE + '[host."a..example"]\nper_minute = 1', "is no host such as"),
        (SITE + '[host."news.example:443"]\nper_minute = 1', 'is counted as "news.example": write that'),
        (SITE + '[host."http://x.example"]\nper_minute = 1', "is no host such as"),
        (SITE + '[host."müller.example"]\nper_minute = 1', 'is counted as "xn--mller-kva.example": write that'),
        (SITE + '[[source]]\nname = "a"\nurl = "http://1.1.1.1.1/"', "give an address with a"),
        (SITE + '[[source]]\nname = "a"\nurl = "http://e..example/"', "give an address with a host that DNS can have"),
        (SITE + 'timezone = "Mars/Base"', "config.toml:4: site.timezone: give a time zone"),
        (SITE + 'timezone = "../etc/passwd"', "config.toml:4: site.timezone: give a time zone"),
        (SITE + 'language = "english language"', "config.toml:4: site.language: give a BCP 47"),
        (SITE + 'authority = "News Example"', "config.toml:4: site.authority: give a host name"),
        (SITE + 'authority = "news.example,yesterday"', "site.authority: give a host name"),
        (SITE + '[[source]]\nname = "../x"\npath = "x"', "config.toml:5: source[0].name: give 1 to 100 letters"),
    ],
)
def test_a_mistake_is_named(text: str, said: str) -> None:
    assert said in error(text)
    assert error(text).startswith("/desk/config.toml")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/",
        "//h/",
        "h",
        "",
        "http://",
        "http://:8080/",
        "http:///x",
        "http://u:secret@h/",
        "http://h:port/",
        "http://h:99999/",
        "http://[::1/",
        "http://h/a b",
        "javascript:alert(1)",
        "http://h/?q",
        "http://h/#f",
    ],
)
def test_an_address_that_cannot_be_the_site_s(url: str) -> None:
    said = error(f'[site]\ntitle = "T"\nbase_url = "{url}"')
    assert re.search(r"config\.toml:3: site\.base_url: (give an address|percent-encode)", said) is not None
    assert "secret" not in said


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; write one with 'feeds init'"):
        load(tmp_path / "config.toml")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (SITE.encode("utf-16"), "cannot be read"),
        (SITE.replace("Harbour", "Häfen").encode("latin-1"), "cannot be read"),
        (b"[site\n", "not TOML: .*line 1"),
        (b'[site]\ntitle = "a"\ntitle = "b"\n', "not TOML: .*line 3"),
        (b"\x00", "not TOML"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, data: bytes, said: str) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=said) as raised:
        load(file)
    assert str(file) in str(raised.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_every_key_is_explained() -> None:
    def fields(model: type[BaseModel]) -> None:
        for name, field in model.model_fields.items():
            inner = [
                one for one in (field.annotation, *getattr(field.annotation, "__args__", ())) if isinstance(one, type)
            ]
            models = [one for one in inner if issubclass(one, BaseModel)]
            for one in models:
                assert one.__doc__
                fields(one)
            assert models or re.search(r"[.]$", field.description or ""), name

    fields(Config)


@given(st.text(max_size=60), st.sampled_from(["[site]\n", SITE, SITE + SOURCE, SITE + "[web]\n"]))
def test_any_text_is_a_configuration_or_one_line(text: str, before: str) -> None:
    said = "/desk/config.toml"
    try:
        parse(before + text, PATH)
    except ConfigError as raised:
        said = str(raised)
    assert said.startswith("/desk/config.toml")


# Sections and rules

SECTIONS = SITE + '[[section]]\nname = "Politics"\n[[section]]\nname = "Sea"\n'


def test_one_text_stands_for_a_list_of_it() -> None:
    config = parse(SECTIONS + '[[rule]]\nsection = "Sea"\ntitle = "ferry"\nsource = ["a", "b"]\n', PATH)
    (rule,) = config.rule
    assert (rule.section, rule.title, rule.source, rule.only) == (("Sea",), ("ferry",), ("a", "b"), False)
    assert (config.sections.unknown, config.sections.default) == ("make", None)


def test_names_of_sections_are_cleaned_as_those_of_documents() -> None:
    config = parse(SITE + '[[section]]\nname = " The  Cafe\u0301 "\nformerly = "Old  one"\n', PATH)
    assert (config.section[0].name, config.section[0].formerly) == ("The Café", ("Old one",))
    assert "without control characters" in error(SITE + '[[section]]\nname = "a\\u0001"\n')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nsection = "Politcs"\ntitle = "a"', 'rule 1: section: there is no [[section]] "Politcs"; did you'),
        ('[[rule]]\nsection = "Politcs"\ntitle = "a"', 'did you mean "Politics"?'),
        ('[[rule]]\nsection = ["Sea", "Zoo"]\ntitle = "a"', 'no [[section]] "Zoo"; add one with that name'),
        ('[sections]\ndefault = "See"', 'sections.default: there is no [[section]] "See"; did you mean "Sea"?'),
        ('[sections]\nunknown = "default"', 'sections: unknown = "default" needs default, the name of a [[section]]'),
        ('[sections]\nunknwon = "drop"', 'sections.unknwon: unknown key; did you mean "unknown"?'),
        ('[[rule]]\nsection = "Sea"\ntitel = "a"', 'rule[0].titel: unknown key; did you mean "title"?'),
        ('[[rule]]\nsection = "Sea"', "give a condition: source, category, path, title or language"),
        ('[[rule]]\nsection = []\ntitle = "a"', "rule[0].section: "),
        ('[[rule]]\nsection = "Sea"\npath = "politics"', 'rule[0].path[0]: give the path of addresses: "/politics"'),
        ('[[rule]]\nsection = "Sea"\ntitle = "?"', "rule[0].title[0]: give a word, or several that stand together"),
        ('[[rule]]\nsection = "Sea"\nlanguage = "german!"', "rule[0].language[0]: give a BCP 47 language tag"),
        ('[[rule]]\nsection = 5\ntitle = "a"', 'rule[0].section: give a list: ["…", "…"]'),
        ('[[section]]\nname = "Zoo"\nformerly = ["sea"]', 'section "Zoo": formerly "sea" is also another name'),
        ('[[section]]\nname = "Zoo"\nformerly = ["A", "a"]', 'section "Zoo": formerly "a" is also another name'),
    ],
)
def test_what_is_wrong_with_sections_and_rules(text: str, said: str) -> None:
    assert said in error(f"{SECTIONS}{text}\n")


def test_full_text_needs_an_address_and_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = f'{SITE}[[source]]\nname = "n"\nfulltext = true\n'
    assert "is for sources with a url" in error(f'{feed}path = "feed.xml"\n')
    assert parse(f'{feed}url = "https://n.example/feed"\n', Path("config.toml")).source[0].fulltext
    monkeypatch.setattr("feeds.config.values.FULLTEXT", ("no_such_module",))
    assert error(f'{feed}url = "https://n.example/feed"\n').endswith(
        "source[0]: full texts need an extra that is not installed: pip install 'broadsheet[fulltext]'"
    )


@pytest.mark.parametrize("pages", [0, 11])
def test_pages_of_a_listing_are_few(pages: int) -> None:
    assert "source[0].pages" in error(f'{SITE}[[source]]\nname = "n"\nurl = "https://n.example/"\npages = {pages}\n')


@pytest.mark.parametrize("key", ["title", "default_section"])
def test_a_text_that_feeds_cannot_show_is_refused(key: str) -> None:
    table = f'[[source]]\nname = "a"\nurl = "https://a.example/"\n{key} = "a\\u0001b"\n'
    assert "without control characters" in error(SITE + table)
