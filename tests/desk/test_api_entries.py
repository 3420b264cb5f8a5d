"""Calls about entries."""

from __future__ import annotations

from urllib.parse import quote

from db.engine import writing
from db.records import Access, Precision
from db.store import sources
from feeds.desk.api.cursors import given
from tests.desk import BODY, MARKER, NOON, at, hours, owed, record, tell, titled
from tests.desk.calls import Api
from tests.desk.web import Web


def path_of(web: Web, title: str) -> str:
    return f"/entries/{quote(titled(web.engine, title).uid, safe='')}"


def titles(rows: list[dict[str, str]]) -> list[str]:
    return [row["title"] for row in rows]


def test_entries_come_in_pages_newest_first(web: Web, api: Api) -> None:
    several = [record(f"Number {n:02}", dated=NOON - hours(n // 3)) for n in range(11)]
    tell(web.engine, "a", *several)
    newest = titles(api.every("/entries", 200))
    assert len(newest) == 11
    for limit in (1, 2, 4, 11):
        assert titles(api.every("/entries", limit)) == newest
    assert titles(api.every("/entries?q=number", 3)) == newest
    for values in ((1 << 63) - 1, 0), (-(1 << 63) + 1, -1), (0, (1 << 63) - 1):
        assert api.call(f"/entries?cursor={given('entries', *values)}")["next"] is None


def test_entries_are_found(web: Web, api: Api) -> None:
    tell(web.engine, "a", record("Ferries late", sections=("Sea",)), record("Trams late", evidence=(MARKER,)))
    tell(web.engine, "b", record("Ferries early"), source="wire")
    for query, found in (
        ("q=late", {"Ferries late", "Trams late"}), ("q=ferr*+late", {"Ferries late"}),
        ("section=sea", {"Ferries late"}),
        ("source=wire", {"Ferries early"}), ("access=premium", {"Trams late"}), ("q=access:premium+ferries", set()),
        ("q=+", {"Ferries late", "Trams late", "Ferries early"}),
    ):  # fmt: skip
        assert set(titles(api.every(f"/entries?{query}", 50))) == found, query
    for query, said in (
        ("q=-", "the query is empty"), ("q=%22late", "query, column 1: a quotation mark"),
        ("section=", "names nothing"), ("q=colour:red", '"colour" is no field'),
        ("cursor=WyJlbnRyaWVzIiwwXQ", "cursor: "), ("source=nobody", 'no source is named "nobody"'),
        ("section=nowhere", 'no section is named "nowhere"'), ("q=-source:nobody+late", 'no source is named "nobody"'),
    ):  # fmt: skip
        assert said in api.call(f"/entries?{query}", status=400), query


def test_an_entry_whole(web: Web, api: Api) -> None:
    tell(web.engine, "a", record("Council votes", text=BODY, url="https://news.example/a", published=NOON))
    tell(
        web.engine,
        "b",
        record("Council votes", text=BODY, url="https://wire.example/b"),
        source="wire",
        now=NOON + hours(1),
    )
    first, second = at(web.engine, "https://news.example/a"), at(web.engine, "https://wire.example/b")
    found = api.call(f"/entries/{quote(first.uid, safe='')}")
    assert (found["id"], found["lead"], found["body"]) == (first.uid, True, BODY)
    assert [copy["id"] for copy in found["copies"]] == [second.uid]
    assert found["content"] == f"<p>{BODY}</p>"
    behind = api.call(f"/entries/{second.uid[-10:]}")
    assert (behind["duplicate_of"], behind["cluster"], behind["rule"]) == (first.uid, first.uid, "R2")
    assert behind["because"].startswith("R2: ")
    listed = api.call("/entries?source=harbour")["items"][0]
    assert listed == {name: found[name] for name in listed}
    for uid in ("tag:nowhere", "%00%00%00%00%00%00%00%00", "%25%25%25%25%25%25%25%25", "________"):
        assert api.call(f"/entries/{uid}", status=404).startswith("no entry, or more than one, has the id ")


def test_a_day_is_told_in_the_zone_of_its_source(web: Web, api: Api) -> None:
    with writing(web.engine) as connection:
        sources.add(connection, "far", {"path": "far", "kind": "seed", "timezone": "Pacific/Auckland"}, NOON)
    tell(
        web.engine,
        "a",
        record("Far away", source="far", published=NOON, published_precision=Precision.DAY),
        source="far",
    )
    assert api.call(path_of(web, "Far away"))["published"] == "2026-03-03T01:00:00+13:00"
    assert api.call("/entries")["items"][0]["published"] == "2026-03-03T01:00:00+13:00"


def test_versions_and_what_each_changed(web: Web, api: Api) -> None:
    tell(web.engine, "a", record("Council votes", guid="1", text="Ten are for it."))
    tell(web.engine, "a", record("Council votes", guid="1", text="Nine are for it."), now=NOON + hours(1))
    found = api.call(f"{path_of(web, 'Council votes')}/revisions")
    newest, first = found["versions"]
    assert (newest["changed"], first["diff"]) == (["body"], None)
    assert newest["diff"]["text"] == [
        {"kind": "gone", "text": "Ten"}, {"kind": "new", "text": "Nine"}, {"kind": "same", "text": " are for it."},
    ]  # fmt: skip
    assert api.call(path_of(web, "Council votes"))["revisions"][0]["changed"] == ["body"]
    api.call("/entries/tag:nowhere/revisions", status=404)


def test_a_persons_word_on_access(web: Web, api: Api) -> None:
    tell(web.engine, "a", record())
    path = path_of(web, record().title)
    assert api.call(f"{path}/access", "PUT", {"level": "premium"})["access"] == "premium"
    assert api.call(path)["access_override"] is True
    assert web.hands.woken == 1
    assert api.call(f"{path}/access", "DELETE")["access"] == "unknown"
    assert api.call(path)["access_override"] is False
    assert "body.level" in api.call(f"{path}/access", "PUT", {"level": "paid"}, status=422)
    for method, body in (("PUT", {"level": Access.FREE}), ("DELETE", None)):
        api.call("/entries/tag:nowhere/access", method, body, status=404)


def test_a_persons_word_on_clusters(web: Web, api: Api) -> None:
    tell(web.engine, "a", record("Council votes", text=BODY, url="https://news.example/a"))
    tell(
        web.engine,
        "b",
        record("Council votes", text=BODY, url="https://wire.example/b"),
        source="wire",
        now=NOON + hours(1),
    )
    first, second = (at(web.engine, url).uid for url in ("https://news.example/a", "https://wire.example/b"))
    path = f"/entries/{quote(second, safe='')}"
    assert api.call(f"{path}/split", "POST", {"other": first})["lead"] is True
    assert api.call(path)["rulings"] == [{"id": first, "same": False}]
    assert api.call(f"{path}/join", "POST", {"other": first[-8:]})["cluster"] == first
    assert api.call(f"{path}/let-be", "POST", {"other": first})["duplicate_of"] == first
    assert "nobody ruled on" in api.call(f"{path}/let-be", "POST", {"other": first}, status=400)
    assert api.call(f"{path}/split", "POST", {})["lead"] is True
    assert api.call(f"{path}/let-be", "POST", {"other": None})["lead"] is False
    assert "are one entry" in api.call(f"{path}/join", "POST", {"other": second}, status=400)
    assert "body.other" in api.call(f"{path}/join", "POST", {}, status=422)
    for verb in ("split", "join", "let-be"):
        api.call(f"{path}/{verb}", "POST", {"other": "tag:nowhere"}, status=404)
        api.call(f"/entries/tag:nowhere/{verb}", "POST", {"other": first}, status=404)


def test_an_entry_is_taken_back_and_shown_again(web: Web, api: Api) -> None:
    tell(web.engine, "a", record())
    path = path_of(web, record().title)
    assert api.call(f"{path}/withdraw", "POST", {"reason": " a mistake "})["withdrawn"] is not None
    whole = api.call(path)
    assert (whole["withdrawn_by"], whole["withdrawn_why"]) == ("person", "a mistake")
    assert api.call("/entries")["items"] == []
    assert api.call(f"{path}/restore", "POST")["withdrawn"] is None
    assert "was not taken back" in api.call(f"{path}/restore", "POST", status=400)
    assert owed(web.engine) == {"*", "Town"}
    for verb, body in (("withdraw", {}), ("restore", None)):
        api.call(f"/entries/tag:nowhere/{verb}", "POST", body, status=404)
