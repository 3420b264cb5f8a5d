"""The versions of an entry, and how they read side by side."""

from __future__ import annotations

from pathlib import Path

from db.engine import Engine, reading
from db.records import Access, StoredEntry
from db.store import revisions
from feeds import history
from feeds.diff import Kind, Run
from feeds.history import Step, steps
from tests.desk import MARKER, NOON, UNMARKED, hours, new_engine, only, record, tell

URL = "https://news.example/ferry"


def of(engine: Engine) -> tuple[StoredEntry, list[Step]]:
    entry = only(engine)
    with reading(engine) as connection:
        return entry, steps(entry, revisions.history(connection, entry.id))


def test_an_entry_that_never_changed_is_one_version(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("Ferry & <b>toll</b>", url=URL, text="It sails."))
    entry, (step,) = of(engine)
    assert (step.version.text, step.since, step.changed, step.difference) == ("It sails.", entry.first_seen, (), None)
    assert history.html(step) == "<p>Ferry &amp; &lt;b&gt;toll&lt;/b&gt;</p><p>It sails.</p>".replace("><p>", ">\n<p>")


def test_every_version_is_compared_with_the_one_before_it(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record("Toll to stay", url=URL, evidence=(UNMARKED,), sections=("Economy",)))
    tell(engine, "a", record("Toll to rise", url=URL, evidence=(UNMARKED,), sections=("Economy",)), now=NOON + hours(1))
    told = record("Toll to rise", url=URL, evidence=(MARKER,), sections=("Politics",))
    tell(engine, "a", told, now=NOON + hours(2))
    _, found = of(engine)
    assert [(step.since, step.changed) for step in found] == [
        (NOON + hours(2), ("access", "sections")),
        (NOON + hours(1), ("title",)),
        (NOON, ()),
    ]
    latest, edited, first = found
    assert latest.difference is not None
    assert latest.difference.access == (Access.FREE, Access.PREMIUM)
    assert history.moved(latest.difference) == [Run(Kind.GONE, "Economy"), Run(Kind.NEW, "Politics")]
    assert history.html(latest) == (
        "<p>access <del>free</del> <ins>premium</ins></p>\n"
        "<p>sections<del> Economy</del><ins> Politics</ins></p>\n<p>Toll to rise</p>\n"
    )
    assert history.html(edited) == "<p>Toll to <del>stay</del><ins>rise</ins></p>\n"
    assert history.html(first) == "<p>Toll to stay</p>\n"


def test_without_a_body_teasers_are_compared(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, summary="Forty cars."))
    assert of(engine)[1][0].version.text == "Forty cars."


def test_controls_are_no_characters_of_html() -> None:
    assert history.printable("a\x1b[31mb\x00\x9b\tc\nd") == "a\ufffd[31mb\ufffd\ufffd\tc\nd"
