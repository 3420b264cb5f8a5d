"""The others of an entry as scripts see them."""

from __future__ import annotations

from pathlib import Path

from db.engine import Engine, reading
from feeds import correct
from feeds.shapes.kin import bond_as_json, kin_as_json, kin_of
from tests.desk import BODY, NOON, all_entries, hours, new_engine, record, tell

TITLE = "Minister opens the new bridge"


def told(engine: Engine, *names: str) -> dict[str, str]:
    """The same story, told by each source an hour after the other; source -> id."""
    for number, name in enumerate(names):
        one = record(TITLE, source=name, url=f"https://{name}.example/1", text=BODY, dated=NOON + hours(number))
        tell(engine, "feed", one, source=name)
    return {entry.source: entry.uid for entry in all_entries(engine)}


def test_copies_and_what_joins_them(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    ids = told(engine, "agency", "harbour")
    lead, copy = (next(one for one in all_entries(engine) if one.source == name) for name in ("agency", "harbour"))
    with reading(engine) as connection:
        kin, none = kin_of(connection, lead), kin_of(connection, copy)
    assert kin_as_json(kin) == {
        "copies": [
            {
                "id": ids["harbour"],
                "title": TITLE,
                "url": "https://harbour.example/1",
                "source": "harbour",
                "rule": copy.rule,
                "score": copy.score,
            }
        ],
        "related": [],
        "rulings": [],
    }
    assert none == ([], [], [])
    bond = bond_as_json(copy)
    assert (bond["rule"], str(bond["because"])[:4]) == ("R2", "R2: ")
    assert bond_as_json(lead) == {"rule": None, "score": None, "because": None}


def test_what_people_said(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    ids = told(engine, "agency", "harbour")
    entry = correct.split(engine, ids["agency"], ids["harbour"], NOON + hours(3))
    with reading(engine) as connection:
        said = kin_as_json(kin_of(connection, entry))
    assert said == {"copies": [], "related": [], "rulings": [{"id": ids["harbour"], "same": False}]}
