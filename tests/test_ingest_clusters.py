"""Clusters: who is folded behind whom, whatever the order in which the entries came and changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from db.engine import Engine, open_engine, reading
from db.records import PERSON
from db.store import members, shingles
from feeds import dedupe
from feeds.correct import join, let_be, split
from feeds.dedupe import WINDOW
from feeds.ingest import Tally
from tests import desk
from tests.desk import BODY, MARKER, NOON, PREFIX, UNMARKED, hours, new_engine, only, owed, record, tell

URL = "https://news.example/ferry"
LATER = NOON + hours(2)
OTHER = "Storm closes the northern lighthouse road"
OTHER_BODY = (
    "Residents of the old harbour asked the court to stop the works until the noise has been measured properly."
)
STORY = "Minister opens the new bridge over the river"


def two_sources(tmp_path: Path, **over: object) -> tuple[str, str]:
    """Two copies of one story; the titles of their sections differ. Returns their ids, the agency's first."""
    engine = new_engine(tmp_path)
    one = record(STORY, source="agency", url="https://agency.example/1", text=BODY, sections=("World",))
    two = record(STORY, url="https://news.example/1", text=BODY, dated=NOON + hours(1))
    tell(engine, "feed", one, source="agency")
    tell(engine, "feed", two)
    uids = {entry.source: entry.uid for entry in desk.all_entries(engine)}
    return uids["agency"], uids["harbour"]


def leads(folder: Path) -> dict[str, tuple[str, str | None]]:
    """Source -> source of its entry's lead, and the rule."""
    found = desk.all_entries(open_engine(f"sqlite:///{folder / 'feeds.sqlite3'}"))
    by_uid = {entry.uid: entry.source for entry in found}
    return {entry.source: (by_uid[entry.lead], entry.rule) for entry in found}


def test_equal_words_join_behind_the_earliest(tmp_path: Path) -> None:
    two_sources(tmp_path)
    assert leads(tmp_path) == {"agency": ("agency", None), "harbour": ("agency", "R2")}


def test_an_equal_title_joins_where_one_has_no_body(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "feed", record(STORY, source="agency", url="https://agency.example/1"), source="agency")
    tell(engine, "feed", record(STORY, url="https://news.example/1", text=BODY, dated=NOON + hours(1)))
    # A text before a headline, though it came later.
    assert leads(tmp_path) == {"agency": ("harbour", "R5"), "harbour": ("harbour", None)}
    assert owed(engine) == {"*", "Town"}


def test_a_premium_copy_never_hides_a_free_one(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    paid = record(STORY, source="agency", url="https://agency.example/1", text=BODY, evidence=(MARKER,))
    free = record(STORY, url="https://news.example/1", text=BODY, evidence=(UNMARKED,), dated=NOON + hours(1))
    tell(engine, "feed", paid, source="agency")
    tell(engine, "feed", free)
    assert leads(tmp_path) == {"agency": ("harbour", "R2"), "harbour": ("harbour", None)}
    closed = record(STORY, url="https://news.example/1", text=BODY, evidence=(MARKER,), dated=NOON + hours(1))
    desk.forget(engine)
    tell(engine, "feed", closed, now=LATER)
    assert leads(tmp_path) == {"agency": ("agency", None), "harbour": ("agency", "R2")}
    assert owed(engine) == {"*", "Town"}


@pytest.mark.parametrize("edits", ["agency", "harbour"])
def test_an_edit_splits_a_cluster(tmp_path: Path, edits: str) -> None:
    two_sources(tmp_path)
    engine = new_engine_again(tmp_path)
    desk.forget(engine)
    url = {"agency": "https://agency.example/1", "harbour": "https://news.example/1"}[edits]
    own = {"agency": ("World",), "harbour": ("Town",)}[edits]
    edit = record(STORY, source=edits, url=url, text=OTHER_BODY, sections=own)
    tell(engine, "feed", edit, source=edits, now=LATER)
    assert leads(tmp_path) == {"agency": ("agency", None), "harbour": ("harbour", None)}
    # Both: one lost the entry it was folded behind, the other a link to it.
    assert owed(engine) == {"*", "Town", "World"}


def new_engine_again(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")


def test_an_edited_title_leaves_the_cluster_and_finds_another(tmp_path: Path) -> None:
    two_sources(tmp_path)
    engine = new_engine_again(tmp_path)
    third = record(OTHER, source="zeitung", url="https://z.example/1", text=BODY, sections=("Sea",))
    tell(engine, "feed", third, source="zeitung")
    desk.forget(engine)
    edit = record(OTHER, source="agency", url="https://agency.example/1", text=BODY, sections=("World",))
    tell(engine, "feed", edit, source="agency", now=LATER)
    found = leads(tmp_path)
    assert found["harbour"] == ("harbour", None)
    assert found["agency"][0] == found["zeitung"][0]
    assert owed(engine) == {"*", "Sea", "Town", "World"}


def test_a_change_of_a_lead_concerns_the_sections_of_those_behind_it(tmp_path: Path) -> None:
    two_sources(tmp_path)
    engine = new_engine_again(tmp_path)
    desk.forget(engine)
    lead = record(STORY, source="agency", url="https://agency.example/1", text=BODY, sections=("World",), label="New")
    tell(engine, "feed", lead, source="agency", now=LATER)
    assert owed(engine) == {"*", "Town", "World"}


def test_a_new_member_concerns_the_sections_of_all_others(tmp_path: Path) -> None:
    two_sources(tmp_path)
    engine = new_engine_again(tmp_path)
    desk.forget(engine)
    third = record(STORY, source="zeitung", url="https://z.example/1", text=BODY, sections=("Sea",), dated=LATER)
    tell(engine, "feed", third, source="zeitung")
    assert owed(engine) == {"*", "Sea", "Town", "World"}


def test_sections_before_and_after_owe_a_feed(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url=URL, sections=("Town", "Sea")))
    desk.forget(engine)
    tell(engine, "a", record(url=URL, sections=("Town", "Money")), now=LATER)
    assert only(engine).sections == ("Town", "Money")
    assert owed(engine) == {"*", "Town", "Sea", "Money"}


def test_a_week_apart_is_another_story(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    for source, days in (("agency", 0), ("harbour", 7), ("zeitung", 14.1)):
        when = NOON + hours(24 * days)
        one = record(STORY, source=source, url=f"https://{source}.example/", text=BODY, dated=when)
        tell(engine, "feed", one, source=source)
    assert leads(tmp_path) == {
        "agency": ("agency", None),
        "harbour": ("agency", "R2"),
        "zeitung": ("zeitung", None),
    }


def test_a_title_that_recurs_in_a_source_joins_nothing(tmp_path: Path) -> None:
    rows = [
        ("agency", record(STORY, source="agency", url="https://agency.example/1")),
        ("harbour", record(STORY, url="https://news.example/1")),
        ("harbour", record(STORY, url="https://news.example/2", dated=NOON + hours(30))),
    ]
    for number, order in enumerate(permutations(rows)):
        folder = tmp_path / str(number)
        folder.mkdir()
        engine = new_engine(folder)
        for index, (source, one) in enumerate(order):
            tell(engine, f"{index}", one, source=source)
        assert all(entry.is_lead for entry in desk.all_entries(engine))


def test_an_edit_can_end_the_recurrence_of_a_title(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "feed", record(STORY, source="agency", url="https://agency.example/1"), source="agency")
    rows = [record(STORY, url=f"https://news.example/{number}", dated=LATER) for number in range(2)]
    tell(engine, "feed", *rows)
    assert all(entry.is_lead for entry in desk.all_entries(engine))
    tell(engine, "feed", rows[0], record(OTHER, url="https://news.example/1"), now=NOON + hours(3))
    (follower,) = (entry for entry in desk.all_entries(engine) if not entry.is_lead)
    assert (follower.url, follower.rule) == ("https://news.example/0", "R5")


def test_a_title_of_last_month_does_not_recur(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "feed", record(STORY, source="agency", url="https://agency.example/1"), source="agency")
    for days in (0, -30):
        tell(engine, f"{days}", record(STORY, url=f"https://news.example/{days}", dated=NOON + hours(24 * days)))
    followers = [entry.url for entry in desk.all_entries(engine) if not entry.is_lead]
    assert len(followers) == 1
    assert followers[0] != "https://news.example/-30"


def test_long_equal_texts_join_under_a_recurring_title_too(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    long = " ".join([BODY, OTHER_BODY, BODY])
    for source in ("agency", "harbour"):
        for number, text in enumerate((long, OTHER_BODY)):
            url = f"https://{source}.example/{number}"
            tell(engine, f"{number}", record(STORY, source=source, url=url, text=text), source=source)
    followers = [entry for entry in desk.all_entries(engine) if not entry.is_lead]
    assert [(entry.source in ("agency", "harbour"), entry.text, entry.rule) for entry in followers] == [
        (True, long, "R2")
    ]


def test_entries_that_share_an_address_of_all_are_not_joined_by_it(tmp_path: Path) -> None:
    """A feed whose items all link to its home page: `url` is the page's, the keys are the guids."""
    engine = new_engine(tmp_path)
    home = "https://news.example/"
    keys = [record(guid=name).keys for name in ("g1", "g2")]
    one = record(STORY, url=home, text=BODY, keys=keys[0])
    two = record(STORY, url=home, text=OTHER_BODY, keys=keys[1])
    tell(engine, "feed", one, two)
    assert [entry.is_lead for entry in desk.all_entries(engine)] == [True, True]


@pytest.mark.parametrize(("text", "leads"), [(BODY, 3000), (" ".join(f"word{n}" for n in range(60)), 1)])
def test_a_source_that_gives_every_item_one_title_costs_no_more(tmp_path: Path, text: str, leads: int) -> None:
    """Quadratic work would take minutes here, whether all stand alone or all follow one."""
    engine = new_engine(tmp_path)
    title = "Subscribe to read this article"
    rows = [record(title, url=f"https://news.example/{number}", text=text, position=number) for number in range(3000)]
    tell(engine, "feed", *rows[:2000])
    tally = tell(engine, "feed", *rows, now=LATER)
    assert tally == Tally(new=1000, unchanged=2000)
    assert sum(entry.is_lead for entry in desk.all_entries(engine)) == leads


# The rule itself


class Told(NamedTuple):
    url: str
    source: str
    at: datetime
    title: str
    text: str
    paid: bool


class Ruled(NamedTuple):
    """A person's word on two entries, by number; on one where they are equal."""

    verb: str
    one: int
    other: int


class Words:
    """What people said so far: pairs of urls, and whether they are to be together; a url with itself is alone."""

    def __init__(self) -> None:
        self.said: dict[frozenset[str], bool] = {}

    def hear(self, verb: str, one: str, other: str) -> None:
        if verb == "let be":
            self.said.pop(frozenset((one, other)), None)
        elif verb == "join":
            self.said = {pair: same for pair, same in self.said.items() if len(pair) > 1 or not pair & {one, other}}
            self.said[frozenset((one, other))] = True
        else:
            if one == other:
                self.said = {pair: same for pair, same in self.said.items() if not (same and one in pair)}
            self.said[frozenset((one, other))] = False

    def unit(self, url: str) -> set[str]:
        found = {url}
        while more := {each for pair, same in self.said.items() if same and pair & found for each in pair} - found:
            found |= more
        return found

    def apart(self, one: str, other: str) -> bool:
        return self.said.get(frozenset((one, other))) is False


def reference(told: Sequence[Told], words: Words | None = None) -> dict[str, tuple[str, str | None]]:
    """Who leads whom by the definition, over all entries at once: url -> (url of the lead, rule)."""
    words = words or Words()
    prints = {one.url: dedupe.fingerprint(one.title, one.text, at=one.at) for one in told}

    def near(one: Told, other: Told) -> bool:
        return one is not other and abs(one.at - other.at) <= WINDOW

    def recurs(one: Told) -> bool:
        own = prints[one.url]
        return any(
            near(one, other) and other.source == one.source and prints[other.url].bucket == own.bucket is not None
            for other in told
        )

    recurring = {one.url for one in told if recurs(one)}
    uids = {one.url: PREFIX + dedupe.keys(one.source, one.url, None, "", url_shared=False)[0].hex() for one in told}
    order = sorted(told, key=lambda each: (each.paid, not each.text, each.at, uids[each.url]))
    places = {one.url: place for place, one in enumerate(order)}
    found: dict[str, tuple[str, str | None]] = {}

    def is_parted(one: Told, lead: str) -> bool:
        return any(words.apart(one.url, other) and said[0] == lead for other, said in found.items())

    def lead_of(one: Told) -> tuple[str, str | None]:
        if words.apart(one.url, one.url):
            return one.url, None
        head = min(words.unit(one.url), key=places.__getitem__)
        if head != one.url and not is_parted(one, found[head][0]):
            return found[head][0], PERSON
        for lead in order[: places[one.url]]:
            again = one.url in recurring or lead.url in recurring
            verdict = dedupe.verdict(prints[one.url], prints[lead.url], recurring=again)
            free = found[lead.url][0] == lead.url and not words.apart(lead.url, lead.url)
            if free and near(one, lead) and verdict.same and not is_parted(one, lead.url):
                return lead.url, verdict.rule
        return one.url, None

    for one in order:
        found[one.url] = lead_of(one)
    return found


LONG = " ".join([BODY, OTHER_BODY, BODY])
EDITED = " ".join(["Officials said on Tuesday that the matter was closed.", BODY, OTHER_BODY, "More was to follow."])
REPORT = " ".join([f"The {place} sold {place}ly many of its old boats for {n}." for n, place in enumerate("abcdefgh")])
NEWS_OF = "https://news.example/"
told = st.builds(
    lambda number, title, text, paid, days: Told(
        f"{NEWS_OF}{number}", "abc"[number % 3], NOON + hours(24 * days[number % 4]), title, text, paid
    ),
    st.integers(0, 9),
    st.sampled_from([STORY, STORY.upper(), STORY + " today", OTHER, "Weather"]),
    st.sampled_from(["", BODY, OTHER_BODY, LONG, EDITED, f"{LONG} {REPORT}", REPORT, "Short."]),
    st.booleans(),
    st.sampled_from([(0, 5, 10, 15), (0, 2, 4, 6), (0, 7, 14, 21)]),
)
ruled = st.builds(Ruled, st.sampled_from(["join", "split", "let be"]), st.integers(0, 9), st.integers(0, 9))


@given(st.lists(st.lists(told, min_size=1, max_size=4) | ruled, max_size=9))
@settings(max_examples=40, deadline=None)
def test_clusters_follow_from_the_entries_alone(steps: list[list[Told] | Ruled]) -> None:
    """Step by step, edits, access and people's words among them, it comes to what the whole gives at once."""
    with TemporaryDirectory() as folder:
        engine = new_engine(Path(folder))
        stands: dict[str, Told] = {}
        words = Words()
        for number, step in enumerate(steps):
            if isinstance(step, Ruled):
                rule(engine, words, step, {entry.url: entry.uid for entry in desk.all_entries(engine)})
                step = []
            for one in step:
                # An entry keeps the time that it was first filed under.
                one = one._replace(at=stands.get(one.url, one).at)
                stands[one.url] = one
                evidence = (MARKER,) if one.paid else (UNMARKED,)
                said = record(one.title, source=one.source, url=one.url, text=one.text, evidence=evidence, dated=one.at)
                # Each entry has a document of its own, whose words thus always count, its body's end too.
                said = said if one.text else replace(said, summary=".")
                tell(engine, one.url, said, source=one.source, now=NOON + hours(number))
            found = desk.all_entries(engine)
            urls = {entry.uid: entry.url for entry in found}
            assert {entry.url: (urls[entry.lead], entry.rule) for entry in found} == reference(
                list(stands.values()), words
            )
        engine.dispose()


def rule(engine: Engine, words: Words, step: Ruled, uids: dict[str | None, str]) -> None:
    """Lets a person say `step`, where there are such entries and there is something to say."""
    one, other = f"{NEWS_OF}{step.one}", f"{NEWS_OF}{step.other}"
    if one not in uids or other not in uids or (one == other and step.verb == "join"):
        return
    if step.verb == "let be" and frozenset((one, other)) not in words.said:
        return
    second = None if one == other else uids[other]
    if step.verb == "join":
        join(engine, uids[one], uids[other], LATER)
    else:
        (split if step.verb == "split" else let_be)(engine, uids[one], second, LATER)
    words.hear(step.verb, one, other)


def test_a_chain_of_copies_turns_over_as_far_as_it_reaches(tmp_path: Path) -> None:
    """Copies five days apart: every other one leads, until an earlier one comes before the first."""
    engine = new_engine(tmp_path)
    found = []
    for day in (5, 10, 15, 20, 25, 30, 0):
        one = record(STORY, source=f"s{day}", url=f"https://s{day}.example/", text=BODY, dated=NOON + hours(24 * day))
        tell(engine, "feed", one, source=f"s{day}")
        entries_now = sorted(desk.all_entries(engine), key=lambda entry: entry.sorted_at)
        found.append([entry.is_lead for entry in entries_now])
    assert found[-2:] == [[True, False] * 3, [True, False] * 3 + [True]]
    assert owed(engine) == {"*", "Town"}


@pytest.mark.parametrize("apart", [hours(1), timedelta(seconds=1)])
def test_one_more_under_a_recurring_title_reads_what_is_near_it(tmp_path: Path, apart: timedelta) -> None:
    """Counted in rows read, not in seconds: however many there are, and however dense."""
    title = "Weather forecast for the coast"
    counted = []
    engine = new_engine(tmp_path)
    for many in (300, 3000):
        rows = [
            record(title, url=f"https://news.example/{n}", text=f"{n} {BODY}", dated=NOON - apart * n)
            for n in range(many)
        ]
        tell(engine, "feed", *rows)
        counted.append(rows_read(engine, lambda number=many: more(engine, title, number)))  # type: ignore[misc]
    # Most of it are those that the index names for the words: a bounded number for each of 17 hashes.
    assert counted[1] <= counted[0] + 2 < 17 * shingles.MOST + 150


def more(engine: Engine, title: str, number: int) -> None:
    one = record(title, url=f"https://news.example/more{number}", text=BODY + " More.", dated=NOON + hours(number))
    tell(engine, f"more{number}", one)


def rows_read(engine: Engine, work: Callable[[], None]) -> int:
    """How many rows the statements of `work` give back."""
    counted = 0

    @event.listens_for(engine, "before_cursor_execute")
    def _count(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        nonlocal counted
        if statement.startswith("SELECT") and not many:
            with closing(sqlite3.connect(engine.url.database or "")) as other:
                counted += len(other.execute(statement, parameters).fetchall())

    work()
    event.remove(engine, "before_cursor_execute", _count)
    return counted


def test_what_is_beside_an_entry_is_found_without_looking_through_its_moment(tmp_path: Path) -> None:
    """Counted in steps of SQLite: each of many at one moment costs the same, however many they are."""
    steps = []
    for many in (200, 800):
        engine = new_engine(tmp_path, f"of{many}")
        rows = [record(STORY, url=f"https://news.example/{number}", position=number) for number in range(many)]
        tell(engine, "feed", *rows)
        with reading(engine) as connection:
            counted: list[int] = []
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.set_progress_handler(lambda counted=counted: counted.append(1), 100)
            assert members.beside(connection, range(1, many + 1)) == set(range(1, many + 1))
            driver.set_progress_handler(None, 0)
        steps.append(len(counted) / many)
    assert steps[1] < 1.2 * steps[0]
