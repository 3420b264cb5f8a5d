"""What archives hold, by section and month: leads, each once, in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.engine import reading, writing
from db.records import ALL_SECTIONS, OwedMonth, Withdrawal, WithdrawnBy
from db.store import archives, saving, sections, withdrawals
from tests.desk import new_engine, record
from tests.test_store_saving import insert


@pytest.mark.parametrize(
    ("month", "first", "end"),
    [(202603, (2026, 3), (2026, 4)), (202612, (2026, 12), (2027, 1)), (101, (1, 1), (1, 2))],
)
def test_a_month_from_its_beginning_to_the_next(month: int, first: tuple[int, int], end: tuple[int, int]) -> None:
    assert archives.span(month) == (datetime(*first, 1, tzinfo=UTC), datetime(*end, 1, tzinfo=UTC))


def test_leads_of_a_month_in_every_section_that_shows_them(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    march = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
    with writing(engine) as connection:
        ids = insert(
            connection,
            record("Last of March", published=march, dated=march, sections=("Sea", "Town")),
            record(
                "First of April",
                published=march + timedelta(seconds=1),
                dated=march + timedelta(seconds=1),
                sections=("Sea",),
            ),
            record(
                "A copy in another",
                published=march + timedelta(days=3),
                dated=march + timedelta(days=3),
                sections=("Town",),
            ),
            record(
                "Early in March",
                published=march - timedelta(days=20),
                dated=march - timedelta(days=20),
                sections=("Sea",),
            ),
        )
        saving.set_leads(connection, {ids[2]: (ids[1], "R2")})
        named = {one.name: one.id for one in sections.every(connection)}
    with reading(engine) as connection:

        def leads(section_id: int, month: int) -> list[int]:
            return [each for each, _ in archives.leads(connection, section_id, month)]

        assert leads(ALL_SECTIONS, 202603) == [ids[3], ids[0]]
        assert leads(ALL_SECTIONS, 202604) == [ids[1]]
        assert leads(named["Sea"], 202603) == [ids[3], ids[0]]
        # Of the copy its lead is shown, in the month of the lead.
        assert leads(named["Town"], 202604) == [ids[1]]
        assert leads(named["Town"], 202603) == [ids[0]]
        assert archives.months(connection) == {
            (section_id, month) for section_id in (ALL_SECTIONS, *named.values()) for month in (202603, 202604)
        }
    with writing(engine) as connection:
        withdrawals.save(connection, ids[0], Withdrawal(march, WithdrawnBy.PERSON, "wrong"))
    with reading(engine) as connection:
        assert leads(ALL_SECTIONS, 202603) == [ids[3]]
        for section_id in (ALL_SECTIONS, named["Sea"], named["Town"]):
            assert [one.at for one in archives.withdrawn(connection, section_id, 202603)] == [march]
            assert archives.withdrawn(connection, section_id, 202604) == []
    engine.dispose()


def test_what_is_owed_of_archives(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with writing(engine) as connection:
        sections.mark(connection, [(7, noon), (7, noon - timedelta(days=1)), (7, noon + timedelta(days=40))], noon)
        first, later = sections.dirty_months(connection, noon)
        assert first == OwedMonth(7, 202603, noon - timedelta(days=1), 1)
        assert later.month == 202604
        sections.mark(connection, [(7, noon)], noon)
        sections.clean_months(connection, [first, later])
        # It changed meanwhile, later in the month: what was first still is.
        (again,) = sections.dirty_months(connection, noon)
        assert (again.first_at, again.version) == (first.first_at, 2)
        end = archives.span(202603)[1]
        sections.postpone_months(connection, [(again, end)])
        assert sections.dirty_months(connection, end - timedelta(seconds=1)) == []
        (waiting,) = sections.dirty_months(connection, end)
        assert waiting.first_at == end
        sections.mark(connection, [(7, noon)], noon)
        (woken,) = sections.dirty_months(connection, noon)
        assert woken.first_at == noon
        sections.clean_months(connection, [])
        sections.postpone_months(connection, [])
        sections.mark_months(connection, {})
        sections.clean_months(connection, [woken])
        assert sections.dirty_months(connection, end) == []
    engine.dispose()
