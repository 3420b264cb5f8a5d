"""What a source's word on access is worth, by what a person configured and by all that it stated (`feeds.access.word`),
and the entries judged by that, also those that no document names any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from db.engine import Connection
from db.records import Access, Evidence, Learned, Said
from db.store import entries, incidents, saving, sections, sources
from db.store.bulk import chunks
from feeds import access, revise
from feeds.clusters import regroup
from feeds.config import Source
from feeds.ingest import Tally, level_of
from feeds.manner import is_doubted

INCIDENT = "access"
"""Kind of the incident of a source that is doubted, until a person says what its word is worth."""


def note(connection: Connection, source_id: int, source: Source, tally: Tally, now: datetime) -> None:
    """Counts what a poll of the source stated, and doubts or believes it from now on where that turns the scale.

    What was read is read again then, since it is read in another manner.
    """
    if not tally.articles:
        return
    before = sources.learned(connection, source_id)
    after = access.noted(before, tally.articles, tally.locked)
    sources.learn(connection, source_id, after)
    if after.doubted is not before.doubted:
        settle(connection, source_id, source, after, now)


def settle(connection: Connection, source_id: int, source: Source, learned: Learned, now: datetime) -> None:
    """Judges what is stored of the source by whether its word is believed, and tells people where that is news."""
    reassess(connection, source_id, now, doubted=is_doubted(source, learned))
    if learned.doubted and source.trust_access is None and source.access is None:
        incidents.open_incident(connection, INCIDENT, source.name, _news(learned), now, source_id)
    else:
        incidents.close_incident(connection, INCIDENT, source.name, now)


def _news(learned: Learned) -> str:
    share = 100 * learned.locked // learned.articles
    return (
        f"states of {share} % of its articles that they are locked, so that its word counts as a hint only; "
        "set access or trust_access of the source"
    )


def rejudge(connection: Connection, source_id: int, configured: Access | None, now: datetime) -> int:
    """Lets all that the source ever said count as `configured` in `config.toml`, or no longer (None); returns how
    many entries can be read by others than before.

    Also those that no document names any more: their bodies are still published. A person's override stands above.
    """
    proof = next(iter(access.judge((), configured=configured).evidence), None)
    concerned = entries.configured_otherwise(connection, source_id, proof)
    return _renew(connection, source_id, concerned, lambda said: _configured(said, configured), now)


def reassess(connection: Connection, source_id: int, now: datetime, *, doubted: bool) -> int:
    """Lets all that the source ever stated of locked articles count as hints (`doubted`), or as statements again;
    returns how many entries can be read by others than before."""
    signals = access.DOUBTED.keys() if doubted else access.DOUBTED.values()
    concerned = entries.stating(connection, source_id, sorted(signals))
    return _renew(connection, source_id, concerned, access.doubted if doubted else access.believed, now)


def _renew(
    connection: Connection,
    source_id: int,
    concerned: Sequence[int],
    change: Callable[[tuple[Evidence, ...]], tuple[Evidence, ...]],
    now: datetime,
) -> int:
    """Changes the evidence that the source gave for entries, and judges them anew, in batches."""
    name = sources.name_of(connection, source_id)
    changed = 0
    for chunk in chunks(concerned):
        stood = entries.said_of(connection, chunk)
        stored = entries.load(connection, chunk)
        renewed: list[tuple[int, Said]] = []
        changes = []
        for entry_id, former in stood.items():
            said = [replace(one, evidence=change(one.evidence)) if one.source == name else one for one in former]
            renewed += [(entry_id, one) for one in said if one.source == name]
            evidence = revise.evidence_of(said)
            changes.append(revise.rejudge(stored[entry_id], level_of(evidence), evidence, now))
        saving.save_evidence(connection, renewed)
        saving.revise_entries(connection, [(None, change) for change in changes], {}, now)
        moved = [change.before.id for change in changes if change.changed]
        if moved:
            sections.mark(connection, regroup(connection, [], moved), now)
        changed += len(moved)
    return changed


def _configured(said: Sequence[Evidence], configured: Access | None) -> tuple[Evidence, ...]:
    given = (proof for proof in said if proof.signal != revise.CONFIGURED)
    return access.judge(given, configured=configured).evidence
