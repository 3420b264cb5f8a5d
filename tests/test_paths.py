"""Local paths: files and folders of documents, read in every run."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db.engine import Engine, open_engine, reading, writing
from db.migrations import upgrade
from db.records import SourceRecord
from db.store import entries, incidents, sources
from feeds.config import Config, parse
from feeds.declare import declare
from feeds.poll import poll
from tests.command import SEEDS, SITE
from tests.polls import dated_rss, rss

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def desk(folder: Path, text: str) -> tuple[Engine, Config]:
    """A desk with the sources in `text`."""
    config = parse(SITE + text, folder / "config.toml")
    engine = open_engine(config.database_url)
    upgrade(engine)
    declare(engine, config, NOW)
    return engine, config


def test_a_defect_in_one_document_spares_the_others(tmp_path: Path) -> None:
    """A document that the database refuses (here: by a trigger) fails alone, whatever else is in its group."""
    (tmp_path / "seeds").mkdir()
    for name in ("one", "poison", "two"):
        (tmp_path / "seeds" / f"{name}.txt").write_text(f"Story of {name}\n\nMarch 3, 2026, X. Body.\n")
    engine, config = desk(tmp_path, SEEDS.replace("seeds", "s", 1))
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(
            "create trigger refuse before insert on entries when new.title like '%poison%' "
            "begin select raise(abort, 'refused'); end"
        )
    (result,) = poll(engine, config, NOW)
    assert (result.outcome, result.tally.new) == ("stored", 2)
    assert len(result.errors) == 1
    assert "poison.txt" in result.errors[0]
    with reading(engine) as connection:
        assert {entry.title for entry in entries.listing(connection)} == {"Story of one", "Story of two"}
    engine.dispose()


def test_a_local_path_in_trouble_is_let_rest_where_nobody_waits(tmp_path: Path) -> None:
    engine, config = desk(tmp_path, '[[source]]\nname = "n"\npath = "missing"\n')
    now, looks = NOW, 0
    for _tick in range(720):
        now += timedelta(seconds=5)
        looks += len(poll(engine, config, now, patient=True))
    assert 5 <= looks <= 10
    with reading(engine) as connection:
        count = connection.exec_driver_sql("select count(*) from polls").scalar_one()
    assert count == looks
    (tmp_path / "missing").write_bytes(rss("found"))
    assert poll(engine, config, now)[0].tally.new == 1
    engine.dispose()


def test_a_local_feed_is_read_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(rss("a", "b"))
    engine, config = desk(tmp_path, '[[source]]\nname = "n"\npath = "feed.xml"\n')
    (first,) = poll(engine, config, NOW)
    assert (first.outcome, first.tally.new, first.reason) == ("stored", 2, "local path: read at every run")
    (again,) = poll(engine, config, NOW)
    assert again.outcome == "unchanged"
    (tmp_path / "feed.xml").write_bytes(b"<rss><channel><item>")
    (cut,) = poll(engine, config, NOW)
    assert cut.outcome == "failed"
    assert "feed.xml: is cut short" in (cut.error or "")
    engine.dispose()


def test_a_local_sitemap_lists_a_choice_of_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "map.xml").write_bytes(b"<urlset><url><loc>https://n.example/a/one-story</loc></url></urlset>")
    engine, config = desk(tmp_path, '[[source]]\nname = "n"\nkind = "sitemap"\npath = "map.xml"\n')
    assert poll(engine, config, NOW)[0].tally.new == 1
    (tmp_path / "map.xml").write_bytes(b"<urlset><url><loc>https://n.example/a/next-story</loc></url></urlset>")
    assert poll(engine, config, NOW)[0].tally.new == 1
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select current from items").scalars().all() == [1, 1]
    engine.dispose()


def test_the_last_look_of_a_tick_is_before_it_is_told_to_stop(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(rss("a"))
    engine, config = desk(tmp_path, '[[source]]\nname = "n"\npath = "feed.xml"\n')
    assert poll(engine, config, NOW, stop=lambda: True) == []
    engine.dispose()


def test_the_same_trouble_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "good.txt").write_text("A story\n\nMarch 3, 2026, X. Body.\n")
    (tmp_path / "seeds" / "bad.txt").write_text("")
    engine, config = desk(tmp_path, SEEDS.replace("seeds", "s", 1))
    said = [poll(engine, config, NOW + timedelta(seconds=5 * tick))[0].repeated for tick in range(3)]
    engine.dispose()
    assert said == [False, True, True]


def test_a_change_within_the_same_minute_is_an_outcome_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    engine, config = desk(tmp_path, SEEDS.replace("seeds", "s", 1))
    rows = "\n".join(f"- PoliticsHeadline number {number}" for number in range(1100))
    for body in ("Body.", "Another body."):
        text = f"A story\n\nMarch 3, 2026, X. {body}\n\n- Politics\n{rows}\n"
        (tmp_path / "seeds" / "1.txt").write_text(text)
        (result,) = poll(engine, config, NOW)
    engine.dispose()
    assert (result.outcome, result.tally.updated) == ("stored", 1)


def test_a_folder_that_lost_its_documents_is_in_trouble(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    engine, config = desk(tmp_path, SEEDS.replace("seeds", "s", 1))
    (empty,) = poll(engine, config, NOW)
    assert (empty.outcome, empty.error) == ("unchanged", None)
    assert "holds no documents" in empty.warnings[0]
    (tmp_path / "seeds" / "1.txt").write_text("A story\n\nMarch 3, 2026, X. Body.\n")
    assert poll(engine, config, NOW)[0].tally.new == 1
    (tmp_path / "seeds" / "1.txt").unlink()
    (gone,) = poll(engine, config, NOW)
    assert gone.outcome == "failed"
    assert "no documents any more" in (gone.error or "")
    engine.dispose()


def test_a_name_that_is_no_text_and_a_document_we_fail_on_stop_no_other(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    for name in (b"a\xff.txt", b"c.txt"):
        with open(os.fsencode(tmp_path / "seeds") + b"/" + name, "wb") as file:
            file.write(b"" if name[:1] == b"a" else b"A story\n\nMarch 3, 2026, X. Body.\n")
    engine, config = desk(tmp_path, SEEDS.replace("seeds", "s", 1))
    (result,) = poll(engine, config, NOW)
    engine.dispose()
    assert result.tally.new == 1
    assert result.error is not None
    assert result.error.isascii()


def test_what_a_file_names_no_more_is_taken_back_though_it_does_not_change_again(tmp_path: Path) -> None:
    file = tmp_path / "wire.xml"
    file.write_bytes(dated_rss(*range(1, 11)))
    engine, config = desk(tmp_path, '[[source]]\nname = "wire"\npath = "wire.xml"\n')

    def titles(minutes: int) -> set[str]:
        poll(engine, config, NOW + timedelta(minutes=minutes))
        with reading(engine) as connection:
            return {entry.title for entry in entries.listing(connection)}

    assert len(titles(0)) == 10
    file.write_bytes(dated_rss(*range(1, 5), *range(6, 11)))
    assert len(titles(10)) == 10
    assert len(titles(40)) == 10
    # Nobody can say what a file that is not there names.
    file.rename(tmp_path / "away.xml")
    assert len(titles(80)) == 10
    (tmp_path / "away.xml").rename(file)
    assert "No 5" not in titles(90)
    file.write_bytes(dated_rss(*range(1, 11)))
    assert len(titles(100)) == 10
    engine.dispose()


def test_a_local_path_has_a_state_and_a_rhythm(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(rss("a"))
    engine, config = desk(tmp_path, '[[source]]\nname = "n"\npath = "feed.xml"\n')

    def stands() -> SourceRecord:
        with reading(engine) as connection:
            found = sources.by_name(connection, "n")
        assert found is not None
        return found

    poll(engine, config, NOW)
    first = stands()
    assert (first.state, first.size, first.status) == ("ok", len(rss("a")), None)
    assert first.ms is not None
    assert first.stale_at == NOW + timedelta(hours=7 * 48)
    with writing(engine) as connection:
        for kind in ("stale", "moved"):  # it had an address once
            incidents.open_incident(connection, kind, "n", "m", NOW, first.id)
    later = NOW + timedelta(hours=1)
    poll(engine, config, later)
    assert stands().state == "stale"
    (tmp_path / "feed.xml").write_bytes(rss("a", "b"))
    poll(engine, config, later + timedelta(hours=1))
    after = stands()
    assert (after.state, after.pace.gaps) == ("ok", (7200,))
    (tmp_path / "feed.xml").unlink()
    for hour in range(3):
        poll(engine, config, later + timedelta(hours=2 + hour))
    assert stands().state == "failing"
    with reading(engine) as connection:
        found = {one.kind: one for one in incidents.newest(connection, 9)}
    assert {kind: one.closed_at is None for kind, one in found.items()} == {
        "stale": False, "moved": False, "failing": True
    }  # fmt: skip
    assert dict(found["failing"].evidence)["failures in a row"] == "3"
    engine.dispose()
