"""What rules owe: troubles as they open and end, new entries, each once."""

from __future__ import annotations

from db.engine import reading, writing
from db.store import cursors, deliveries, news
from db.store.deliveries import ALERT, END
from feeds.alerts import plan
from feeds.alerts.planning import MOST_ENTRIES
from tests.alerting import FERRY, MINUTE, Tower, rule
from tests.desk import BODY, hours, record, tell


def owed(tower: Tower) -> list[tuple[str, object]]:
    with reading(tower.engine) as connection:
        return [(one.target, one.payload) for one in deliveries.held(connection, ALERT)]


def entries_owed(tower: Tower) -> list[int]:
    return [payload["entry"] for _, payload in owed(tower) if isinstance(payload, dict)]


def test_a_trouble_is_owed_once_to_each_rule_that_wants_it(tower: Tower) -> None:
    tower.configure(rule(tower) + rule(tower, 'state = "gone"', "gone") + rule(tower, 'section = "Town"', "town"))
    tower.open(source="harbour", options={"kind": "seed", "path": "x", "sections": ["Town"]})
    tower.open("disk", "disk")
    assert tower.plan() == 3
    assert owed(tower) == [
        ("desk", {"incident": 1, "over": False}),
        ("town", {"incident": 1, "over": False}),
        ("desk", {"incident": 2, "over": False}),
    ]
    assert tower.plan(MINUTE) == 0
    assert len(owed(tower)) == 3


def test_troubles_from_before_a_rule_are_not_told(tower: Tower) -> None:
    tower.configure("")
    tower.open()
    assert tower.plan() == 0
    tower.configure(rule(tower))
    assert tower.plan(MINUTE) == 0
    tower.close()
    assert tower.plan(hours(1)) == 0


def test_what_is_owed_to_a_rule_that_is_gone_is_forgotten(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"\nstate = "failing"') + rule(tower, name="night"))
    tower.open()
    tower.open("alerts", "desk")
    tower.plan()
    with writing(tower.engine) as connection:
        deliveries.owe(connection, ALERT, "desk/0123456789ab", {"entry": 1}, tower.now)
        deliveries.owe(connection, END, "desk", {"incident": 1}, tower.now)
        assert cursors.position(connection, "alert desk ferry") == news.newest(connection)
    tower.configure(FERRY + rule(tower, name="night"))
    assert tower.plan(MINUTE) == 0
    assert {target for target, _ in owed(tower)} == {"night"}
    assert ("alerts", "desk") not in tower.opened()
    with reading(tower.engine) as connection:
        assert deliveries.held(connection, END) == []
        assert cursors.position(connection, "alert desk ferry") is None


def test_entries_are_news_from_the_first_plan_on(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"'))
    tell(tower.engine, "1", record("The ferry of old", dated=tower.now - hours(50)))
    assert tower.plan() == 0
    tell(tower.engine, "2", record("The ferry sails"), record("The bridge opens"), record("The ferry sinks"))
    assert tower.plan(MINUTE) == 2
    assert len(entries_owed(tower)) == 2
    assert tower.plan(MINUTE) == 0
    tell(tower.engine, "3", record("A bridge again"))
    assert tower.plan(MINUTE) == 0
    assert tower.plan(MINUTE) == 0


def test_a_filter_that_is_added_begins_with_what_comes(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"'))
    tower.plan()
    tell(tower.engine, "1", record("The bridge opens"))
    tower.plan(MINUTE)
    tower.configure(
        FERRY + '[[saved]]\nname = "bridge"\nquery = "bridge"\n' + rule(tower, 'saved = ["ferry", "bridge"]')
    )
    assert tower.plan(MINUTE) == 0
    tell(tower.engine, "2", record("The bridge closes"))
    assert tower.plan(MINUTE) == 1


def test_entries_are_narrowed_by_section_and_source(tower: Tower) -> None:
    tower.configure(
        FERRY
        + '[[section]]\nname = "Town"\n[[section]]\nname = "Sea"\n'
        + rule(tower, 'saved = "ferry"\nsection = "Sea"', "sea")
        + rule(tower, 'saved = "ferry"\nsource = "bay"', "bay")
    )
    tower.plan()
    tell(tower.engine, "1", record("Ferry one", sections=("Sea",)), record("Ferry two of the town"))
    tell(tower.engine, "2", record("Another ferry in the bay", source="bay"), source="bay")
    tower.plan(MINUTE)
    assert sorted(target for target, _ in owed(tower)) == ["bay", "sea"]


def test_one_story_is_told_once(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"'))
    tower.plan()
    title = "Council approves the ferry timetable"
    tell(tower.engine, "1", record(title, text=BODY, guid="1"))
    assert tower.plan(MINUTE) == 1
    tell(tower.engine, "2", record(title, source="bay", text=BODY, guid="2"), source="bay")
    assert tower.plan(MINUTE) == 0
    tell(tower.engine, "3", record("Ferry fares rise in May", source="bay", text="x" * 9, guid="3"), source="bay")
    assert tower.plan(MINUTE) == 1


def test_a_story_whose_first_words_were_not_found_is_told(tower: Tower) -> None:
    tower.configure(
        '[[saved]]\nname = "bay"\nsource = "bay"\n' + FERRY + rule(tower, 'saved = ["bay"]') + rule(tower, name="all")
    )
    tower.plan()
    title = "Council approves the ferry timetable"
    tell(tower.engine, "1", record(title, text=BODY, guid="1"))
    assert tower.plan(MINUTE) == 0
    tell(tower.engine, "2", record(title, source="bay", text=BODY, guid="2"), source="bay")
    assert tower.plan(MINUTE) == 1


def test_an_entry_that_two_filters_find_is_told_once(tower: Tower) -> None:
    text = FERRY + '[[saved]]\nname = "sails"\nquery = "sails"\n' + rule(tower, 'saved = ["ferry", "sails"]')
    tower.configure(text)
    tower.plan()
    tell(tower.engine, "1", record("The ferry sails"))
    assert tower.plan(MINUTE) == 1
    assert len(entries_owed(tower)) == 1


def test_a_flood_comes_in_parts_and_none_is_lost(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"'))
    tower.plan()
    tell(tower.engine, "1", *(record(f"Ferry number {number} sails", guid=str(number)) for number in range(250)))
    assert tower.plan(MINUTE) == MOST_ENTRIES
    assert tower.plan(MINUTE) == 50
    assert tower.plan(MINUTE) == 0
    assert len(set(entries_owed(tower))) == 250


def test_a_digest_is_due_with_its_first(tower: Tower) -> None:
    tower.configure(rule(tower, 'digest = "30"'))
    tower.open()
    tower.plan()
    tower.open("disk", "disk")
    tower.plan(MINUTE * 10)
    with reading(tower.engine) as connection:
        first = deliveries.first_due(connection, ALERT)["desk"]
        assert first == tower.now + MINUTE * 20
        assert deliveries.waiting(connection, ALERT)["desk"].count == 2
        assert not deliveries.any_due(connection, first - MINUTE, (ALERT,))


def test_a_plan_without_anything_to_do_writes_nothing(tower: Tower) -> None:
    tower.configure(FERRY + rule(tower, 'saved = "ferry"\nstate = "failing"'))
    tower.open()
    tower.plan()
    with writing(tower.engine):  # nobody else can write meanwhile
        assert plan(tower.engine, tower.config, tower.now) == 0
