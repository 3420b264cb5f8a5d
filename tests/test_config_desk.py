"""`[desk]` and `[[alert]]`: who may use the desk, and who is told what."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from feeds.config import Alert, Desk, parse
from feeds.errors import ConfigError
from feeds.states import KINDS

SITE = '[site]\ntitle = "T"\nbase_url = "https://news.example/"\n'
REMOTE = '[web]\nhost = "{}"\nallow_remote = true\n'
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
ALERT = '[[alert]]\nname = "night-desk"\nto = "mailto://a.example"\n'


def said(text: str) -> str:
    """The one line that is said of the configuration; nothing where it is taken."""
    try:
        parse(SITE + text, Path("/desk/config.toml"))
    except ConfigError as error:
        return str(error)
    return ""


def desk(text: str) -> Desk:
    return parse(f"{SITE}[desk]\n{text}", Path("/desk/config.toml")).desk


def alert(text: str = "") -> Alert:
    saved = '[[saved]]\nname = "ferries"\nquery = "ferry"\n'
    return parse(f"{SITE}{saved}{ALERT}{text}", Path("/desk/config.toml")).alert[0]


def test_a_desk_that_nothing_is_said_of() -> None:
    bare = desk("")
    assert (bare.enabled, bare.has_password, bare.is_guarded) == (True, False, False)
    assert parse(SITE, Path("/desk/config.toml")).desk == bare


@pytest.mark.parametrize(
    ("text", "has_password", "is_guarded"),
    [
        (f'password_hash = "{HASH}"', True, True),
        ('password_env = "DESK_PASSWORD"', True, True),
        ('password_file = "secret"', True, True),
        ('header = "X-Remote-User"\nheader_from = ["127.0.0.1/32"]', False, True),
        ("enabled = false", False, True),
    ],
)
def test_what_guards_a_desk(text: str, has_password: bool, is_guarded: bool) -> None:
    found = desk(text)
    assert (found.has_password, found.is_guarded) == (has_password, is_guarded)
    for host in ("0.0.0.0", "::", "192.0.2.1"):  # noqa: S104  # what is refused unguarded
        assert said(f"{REMOTE.format(host)}[desk]\n{text}\n") == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"])  # noqa: S104  # what is refused
@pytest.mark.parametrize("text", ["", "[desk]\n", "[desk]\nenabled = true\n"])
def test_no_other_machine_reaches_a_desk_without_a_password(host: str, text: str) -> None:
    found = said(REMOTE.format(host) + text)
    assert f"desk: other machines could reach {host}, and the desk has no password: give [desk] password_hash" in found
    assert "enabled = false" in found


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "a.example"])
def test_loopback_and_names_need_no_password_here(host: str) -> None:
    assert said(REMOTE.format(host)) == ""


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            f'password_hash = "{HASH}"\npassword_env = "A"',
            "desk: give one of password_hash, password_env and password_",
        ),
        ('password_env = "A"\npassword_file = "b"', "desk: give one of password_hash, password_env and password_file"),
        ('password_hash = "hunter2"', "desk: password_hash: is no argon2id hash; 'feeds desk password' makes one"),
        ('password_hash = "$argon2i$v=19$x"', "desk: password_hash: is no argon2id hash"),
        ('password_hash = ""', "desk.password_hash: "),
        ('header = "X-User"', "desk: header and header_from go together: anybody can send a header"),
        ('header_from = ["10.0.0.0/8"]', "desk: header and header_from go together"),
        ('header = "X-User"\nheader_from = []', "desk: header and header_from go together"),
        ('header = "X-User"\nheader_from = ["proxy"]', 'header_from: "proxy" is no network such as "127.0.0.0/8"'),
        ('header = "X-User"\nheader_from = ["10.0.0.1/8"]', 'header_from: "10.0.0.1/8" is no network'),
        ('header = "X User"\nheader_from = ["::1/128"]', "desk.header: "),
        ('header = "9"\nheader_from = ["::1/128"]', "desk.header: "),
        ('pasword_env = "A"', 'desk.pasword_env: unknown key; did you mean "password_env"?'),
    ],
)
def test_what_is_wrong_with_a_desk(text: str, wrong: str) -> None:
    assert wrong in said(f"[desk]\n{text}\n")


def test_the_smallest_alert_tells_of_all_troubles_at_once() -> None:
    found = alert()
    assert (found.name, found.to, found.closed) == ("night-desk", ("mailto://a.example",), True)
    assert (found.of_incidents, found.quiet_hours, found.gathered) == (True, None, None)


def test_an_alert_that_says_all() -> None:
    found = alert(
        'state = ["failing", "disk"]\nsection = "Sea"\nsource = ["a", "b"]\nsaved = "ferries"\nclosed = false\n'
        'quiet = "22:00-07:30"\ndigest = "08:05"\n'
    )
    assert (found.state, found.section, found.source, found.saved) == (
        ("failing", "disk"), ("Sea",), ("a", "b"), ("ferries",),
    )  # fmt: skip
    assert (found.of_incidents, found.closed) == (True, False)
    assert (found.quiet_hours, found.gathered) == ((time(22), time(7, 30)), time(8, 5))


@pytest.mark.parametrize(
    ("text", "of_incidents"),
    [
        ('saved = "ferries"', False),
        ('saved = "ferries"\nsource = "a"', False),
        ('saved = "ferries"\nstate = "gap"', True),
        ('section = "Sea"', True),
    ],
)
def test_an_alert_is_about_troubles_unless_it_names_filters_alone(text: str, of_incidents: bool) -> None:
    assert alert(text).of_incidents is of_incidents


@pytest.mark.parametrize(
    ("digest", "gathered"), [("1", 1), ("15", 15), ("9999", 9999), ("00:00", time(0)), ("23:59", time(23, 59))]
)
def test_what_comes_is_gathered_for_minutes_or_until_a_time(digest: str, gathered: int | time) -> None:
    assert alert(f'digest = "{digest}"').gathered == gathered


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_trouble_can_be_told(kind: str) -> None:
    assert alert(f'state = "{kind}"').state == (kind,)


def test_where_the_addresses_stand() -> None:
    named = '[[alert]]\nname = "a"\n'
    for text in ('to_env = "ALERTS"', 'to_file = "alerts.txt"', 'to = ["ntfy://a", "json://b"]'):
        assert said(f"{named}{text}\n") == ""
    for text in ("", "to = []", 'to = "json://b"\nto_env = "A"', 'to_env = "A"\nto_file = "b"'):
        assert "alert[0]: give one of to, to_env and to_file" in said(f"{named}{text}\n")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('state = "down"', 'alert[0].state: "down" is no state; there are gone, failing, '),
        ('state = ["gap", "ok"]', '"ok" is no state'),
        ('quiet = "22-7"', 'alert[0].quiet: "22-7" names no hours; give "22:00-07:00"'),
        ('quiet = "24:00-07:00"', '"24:00-07:00" names no hours'),
        ('quiet = "07:00-07:00"', '"07:00-07:00" names no hours'),
        ('digest = "0"', 'alert[0].digest: "0" is neither a number of minutes nor a time of the day such as "08:00"'),
        ('digest = "8:00"', '"8:00" is neither'),
        ('digest = "10000"', '"10000" is neither'),
        ("digest = 15", "alert[0].digest: "),
        ('saved = "ferry"', 'alert "night-desk": there is no [[saved]] "ferry"'),
        (ALERT, 'alert: the name "night-desk" is given twice'),
        ('qiet = "22:00-07:00"', 'alert[0].qiet: unknown key; did you mean "quiet"?'),
        ('source = "?"', "alert[0].source"),
    ],
)
def test_what_is_wrong_with_an_alert(text: str, wrong: str) -> None:
    assert wrong in said(f"{ALERT}{text}\n")
