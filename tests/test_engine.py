"""Opening a database: settings, ownership, transactions, errors in plain words, and the lock between processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError

from db.engine import APPLICATION_ID, Engine, open_engine, process_lock, reading, to_json, verify, writing
from db.errors import Corrupt, Locked, NotOurs, StorageError
from db.migrations import upgrade
from tests import desk
from tests.desk import MARKER, new_engine, record, tell


def pragma(engine: Engine, name: str) -> Any:
    with reading(engine) as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def sections(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.exec_driver_sql("SELECT slug FROM sections ORDER BY slug").scalars())


ADD = "INSERT INTO sections (slug, name, folded, key) VALUES ('{0}', '{0}', '{0}', '{0}')"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("busy_timeout", 5000),
        ("foreign_keys", 1),
        ("journal_size_limit", 64 * 2**20),
        ("application_id", APPLICATION_ID),
    ],
)
def test_settings(tmp_path: Path, name: str, value: object) -> None:
    assert pragma(new_engine(tmp_path), name) == value


# Transactions


def add(engine: Engine, *slugs: str) -> None:
    """Adds sections in one transaction; an empty slug is a defect in the midst of it."""
    with writing(engine) as connection:
        for slug in slugs:
            if not slug:
                raise RuntimeError
            connection.exec_driver_sql(ADD.format(slug))


@pytest.mark.parametrize(("slugs", "error"), [(("one", "two", ""), RuntimeError), (("one", "one"), IntegrityError)])
def test_a_transaction_rolls_back_whole(tmp_path: Path, slugs: tuple[str, ...], error: type[Exception]) -> None:
    engine = new_engine(tmp_path)
    with pytest.raises(error):
        add(engine, *slugs)
    assert sections(engine) == []
    add(engine, "one")
    assert sections(engine) == ["one"]


def test_what_is_committed_stays(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with writing(engine) as connection:
        connection.exec_driver_sql(ADD.format("one"))
    engine.dispose()
    assert sections(open_engine(str(engine.url))) == ["one"]


def test_foreign_keys_hold(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO entry_keys (key, entry_id) VALUES ('k', 99)")


def test_a_reader_sees_one_state_and_never_waits(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    count = "SELECT count(*) FROM sections"
    with reading(engine) as reader:
        assert reader.exec_driver_sql(count).scalar() == 0
        with writing(engine) as writer:
            writer.exec_driver_sql(ADD.format("one"))
            assert reader.exec_driver_sql(count).scalar() == 0
        assert reader.exec_driver_sql(count).scalar() == 0
    assert sections(engine) == ["one"]


def test_a_writer_holds_the_lock_from_its_beginning(tmp_path: Path) -> None:
    """BEGIN IMMEDIATE: a second writer waits before it has read anything."""
    engine = new_engine(tmp_path)
    with writing(engine), closing(sqlite3.connect(engine.url.database or "", timeout=0)) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    with closing(sqlite3.connect(engine.url.database or "", timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")


def test_writers_wait_for_one_another(tmp_path: Path) -> None:
    """Each reads and then writes: without BEGIN IMMEDIATE one of them would fail."""
    engine = new_engine(tmp_path)

    def work(name: str) -> None:
        for number in range(10):
            with writing(engine) as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sections").scalar()
                connection.exec_driver_sql(ADD.format(f"{name}{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sections(engine)) == 30


def impatient(engine: Engine) -> Engine:
    """The same database by an engine that waits 20 ms for another writer, not seconds."""
    other = open_engine(str(engine.url))

    @event.listens_for(other, "connect")
    def _hurry(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA busy_timeout=20").close()

    return other


def test_a_database_that_is_held_is_named(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    other = impatient(engine)
    with writing(engine):
        with pytest.raises(Locked, match="another program holds it") as raised, writing(other):
            pass
    assert raised.value.exit_code == 75
    assert str(engine.url.database) in str(raised.value)


def test_an_error_never_carries_a_body(tmp_path: Path) -> None:
    """A log has the text of an error, and whoever reads the log may not be who may read the entry."""
    engine = new_engine(tmp_path)
    tell(engine, "a", record(url="https://news.example/1"))
    with writing(engine) as connection:
        for when in ("INSERT", "UPDATE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER refuse_{when} BEFORE {when} ON entries WHEN new.content LIKE '%Sentinel%' "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
    for url in ("https://news.example/1", "https://news.example/2"):
        one = record(url=url, text="Sentinel of a premium body", evidence=(MARKER,))
        with pytest.raises(IntegrityError, match="refused") as raised:
            tell(engine, "a", one)
        told = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
        assert "Sentinel" not in told
        assert "hidden" in told


def test_a_sqlite_without_what_is_needed_is_named(tmp_path: Path) -> None:
    engine = desk.new_engine(tmp_path)
    with pytest.raises(StorageError, match="built without fts99; install"), writing(engine) as connection:
        connection.exec_driver_sql("CREATE VIRTUAL TABLE words USING fts99(word)")


def test_a_full_database_is_named(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)

    @event.listens_for(engine, "connect")
    def _fill(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA max_page_count=1").close()  # SQLite raises it to what there is

    with pytest.raises(StorageError, match=r"full.*free space"):
        add(engine, *(f"{number:0100}" for number in range(2000)))
    assert sections(engine) == []


def test_a_defect_of_ours_is_not_dressed_up(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with pytest.raises(OperationalError, match="no such table"), reading(engine) as connection:
        connection.exec_driver_sql("SELECT * FROM absent")


def test_lists_come_back_as_tuples(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    categories = tuple(f"a long category {number}" for number in range(40))
    tell(engine, "a", record(categories=categories, authors=("Ann",)))
    entry = desk.only(engine)
    assert (entry.categories, entry.authors) == (categories, ("Ann",))


# What is opened


def test_a_new_database_gets_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "var" / "deep" / "feeds.sqlite3"
    engine = open_engine(url_of(path))
    assert path.parent.is_dir()
    assert not path.exists()
    assert upgrade(engine)


def test_memory_is_a_database_too() -> None:
    engine = open_engine("sqlite:///:memory:")
    assert upgrade(engine)
    engine.dispose()


def test_an_emptied_file_is_refused_and_a_missing_one_is_new(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with pytest.raises(NotOurs, match="is empty"):
        open_engine(url_of(path))
    assert path.stat().st_size == 0
    path.unlink()
    assert upgrade(open_engine(url_of(path)))


@pytest.mark.parametrize(
    "url",
    ["", "var/feeds.sqlite3", "sqlite", "postgresql+psycopg://u:secret@h/d", "sqlite+aiosqlite:///x", "nonsense://"],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(StorageError, match=r"\[database\] url") as raised:
        open_engine(url)
    assert "secret" not in str(raised.value)
    assert raised.value.exit_code == 1


def other_program(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as other:
        for statement in ("CREATE TABLE recipes (name TEXT)", "INSERT INTO recipes VALUES ('soup')", *statements):
            other.execute(statement)
        other.commit()


def write(path: Path, kind: str) -> None:
    if kind == "text":
        path.write_text("name,age\nAnn,30\n" * 50)
    elif kind == "short":
        path.write_bytes(b"SQLite")
    elif kind == "other program":
        other_program(path, "PRAGMA application_id = 7")
    elif kind == "unmarked":
        other_program(path)
    elif kind == "unmarked with a log":
        other_program(path, "PRAGMA journal_mode=WAL")


@pytest.mark.parametrize("kind", ["text", "short", "other program", "unmarked", "unmarked with a log"])
def test_what_is_not_ours_is_refused_untouched(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    write(path, kind)
    before = path.read_bytes()
    with pytest.raises(NotOurs, match=str(path)):
        open_engine(url_of(path))
    assert path.read_bytes() == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotOurs, match="is a folder"):
        open_engine(url_of(tmp_path))


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="permissions"):
        open_engine(url_of(tmp_path / "file" / "feeds.sqlite3"))


def test_a_database_that_cannot_be_made_is_named() -> None:
    engine = open_engine("sqlite:////proc/feeds.sqlite3")
    with pytest.raises(StorageError, match=r"cannot be taken|unable to open"):
        upgrade(engine)


@pytest.mark.parametrize("length", [16, 72, 100, 3000, 20_000])
def test_a_truncated_database_is_damaged_and_left_alone(tmp_path: Path, length: int) -> None:
    engine = new_engine(tmp_path)
    path = Path(engine.url.database or "")
    path.write_bytes(path.read_bytes()[:length])
    before = path.read_bytes()
    with pytest.raises(Corrupt, match="restore a backup") as raised:
        upgrade(open_engine(url_of(path)))
    assert (str(path) in str(raised.value), raised.value.exit_code) == (True, 1)
    assert path.read_bytes() == before


def test_a_header_without_a_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"SQLite format 3\0" + bytes(200))
    with pytest.raises(Corrupt, match="not a database"):
        upgrade(open_engine(url_of(path)))
    assert path.read_bytes() == b"SQLite format 3\0" + bytes(200)


def test_a_marked_header_in_the_log_alone_is_enough(tmp_path: Path) -> None:
    """After kill -9 the file may say nothing yet and the write-ahead log hold everything."""
    with closing(sqlite3.connect(tmp_path / "feeds.sqlite3")) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
    script = (
        "import os, sys\nfrom db.engine import open_engine\nfrom db.migrations import upgrade\n"
        "upgrade(open_engine(sys.argv[1]))\nos._exit(9)"
    )
    url = url_of(tmp_path / "feeds.sqlite3")
    subprocess.run([sys.executable, "-c", script, url], check=False)
    head = (tmp_path / "feeds.sqlite3").read_bytes()[68:72]
    assert head == bytes(4)
    assert not upgrade(open_engine(url))


# Verification


def test_a_sound_database(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", record())
    assert verify(engine) == []


def test_a_row_that_points_nowhere_is_found(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    with closing(sqlite3.connect(engine.url.database or "")) as raw:
        raw.execute("INSERT INTO source_state (source_id, due_at, failures) VALUES (42, '2026-01-01', 0)")
        raw.commit()
    assert verify(engine) == ["source_state row 42 points to a missing row of sources"]


def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    tell(engine, "a", *[record(f"Headline number {number} of many", text="word " * 200) for number in range(100)])
    engine.dispose()
    path = Path(engine.url.database or "")
    data = bytearray(path.read_bytes())
    data[4096 * 40 : 4096 * 44] = b"\xff" * 4096 * 4
    path.write_bytes(data)
    try:
        found = verify(engine)
    except Corrupt:
        found = ["malformed"]
    assert found


# The lock between processes

HOLDER = """
import sys, time
from pathlib import Path
from db.engine import process_lock
with process_lock(Path(sys.argv[1]), "the desk"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock `desk.lock`."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "desk.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_another_process_is_refused_and_the_holder_named(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(Locked, match=f"process {holder.pid} is at it") as raised:
        with process_lock(tmp_path / "desk.lock", "the desk", wait=0.1):
            pytest.fail("two hold it")
    assert raised.value.exit_code == 75


def test_a_kill_frees_the_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with process_lock(tmp_path / "desk.lock", "the desk"):
        assert (tmp_path / "desk.lock").read_text() == f"{os.getpid()}\n"


def test_the_lock_is_waited_for(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    threading.Timer(0.2, holder.kill).start()
    with process_lock(tmp_path / "desk.lock", "the desk", wait=10):
        pass


def test_one_process_holds_it_once(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "desk.lock"
    with process_lock(path, "the desk"):
        with pytest.raises(Locked, match=str(os.getpid())), process_lock(path, "the desk"):
            pass
    with process_lock(path, "the desk"):
        pass


def test_a_lock_without_a_name_in_it(tmp_path: Path) -> None:
    """The holder has the lock but has not written its pid yet."""
    path = tmp_path / "desk.lock"
    with process_lock(path, "the desk"):
        path.write_bytes(b"")
        with pytest.raises(Locked, match=r"process \? is at it"), process_lock(path, "the desk"):
            pass


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="the lock of the desk"), process_lock(tmp_path / "file" / "x", "the desk"):
        pass


@pytest.mark.parametrize("value", [(), [], {}, ("a", "b"), (("a", 1),), (["a"],), [1], {"a": ()}, None, "x"])
def test_values_are_written_as_json(value: object) -> None:
    assert to_json(value) == json.dumps(value)


def test_looking_at_a_database_leaves_the_locks_of_the_process(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")

    def locks() -> list[str]:
        inode = str((tmp_path / "feeds.sqlite3").stat().st_ino)
        lines = Path("/proc/locks").read_text().splitlines()
        return [line for line in lines if line.split()[5].endswith(f":{inode}") and line.split()[4] == str(os.getpid())]

    held = locks()
    assert held, "a connection that is open holds a lock by which others know that they are not the last"
    other = open_engine(f"sqlite:///{tmp_path / 'feeds.sqlite3'}")
    with reading(other) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    other.dispose()
    assert len(locks()) == len(held)
    engine.dispose()
