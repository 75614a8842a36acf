"""Writing events and their deliveries: the hot path, one statement for a batch before its senders are answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from router.journal.append import DeliveryRows, EventRows
from router.journal.journal import Appended
from router.journal.postgres.numbers import Numbers
from router.journal.postgres.sessions import Connection
from router.journal.statements import load

_SQL = load("postgres/append.sql")
_WRITE = load("postgres/write.sql")
_EVENT_COLUMNS, _DELIVERY_COLUMNS = 11, 23
_First = tuple[int, bytes, str | None]
_Key = tuple[str, str]


def hash_of(ext_id: str) -> bytes:
    """Return what the table of seen ids knows a sender's id by; the id as `encoding.text` gives it."""
    return hashlib.sha256(ext_id.encode("utf-8")).digest()


async def append(
    connection: Connection, batch: Sequence[EventRows], owner: int | None, numbers: Numbers, again: bool
) -> list[Appended]:
    """Store events that their sources have not sent before; count the others on the first ones.

    `again` says that the batch may have been stored by a try that broke off: what is there is not a repeat.
    """
    done: dict[str, Appended] = {}
    if again:
        uids = [rows.result.uid for rows in batch]
        done = {row[0]: _result(batch, row[0]) for row in await connection.fetch(_SQL["stored_already"], uids)}
    firsts: dict[_Key, EventRows] = {}
    rest = [rows for rows in batch if rows.event[0] not in done]
    for rows in rest:
        if rows.body_hash is not None:
            firsts.setdefault(rows.key, rows)
    new = [rows for rows in rest if rows.body_hash is None or firsts[rows.key] is rows]
    await _forget(connection, [rows for rows in new if rows.before is not None])
    fresh = await _insert(connection, new, owner, numbers) if new else {}
    results: dict[int, Appended] = {id(rows): rows.result for rows in new if rows.event[0] in fresh}
    results |= {id(rows): done[rows.event[0]] for rows in batch if rows.event[0] in done}
    repeats = [rows for rows in rest if id(rows) not in results]
    if repeats:
        known: dict[_Key, _First] = {
            rows.key: (fresh[rows.event[0]], rows.body_hash, rows.result.uid)
            for rows in new
            if rows.event[0] in fresh and rows.body_hash is not None
        }
        results |= await _repeats(connection, repeats, known, owner, numbers, again)
    return [results[id(rows)] for rows in batch]


async def insert(connection: Connection, event: int, deliveries: Sequence[DeliveryRows], numbers: Numbers) -> None:
    """Store deliveries, none of them taken, of the event with this number."""
    if not deliveries:
        return
    seqs = await numbers.deliveries(connection, len(deliveries))
    columns = _columns([rows.columns for rows in deliveries], _DELIVERY_COLUMNS)
    params = [rows.params for rows in deliveries]
    await connection.execute(_SQL["insert_deliveries"], seqs, [event] * len(seqs), *columns, params)


async def _forget(connection: Connection, rows: Sequence[EventRows]) -> None:
    """Forget those ids whose time is over; another replica may do the same, and only one of them inserts."""
    if rows:
        hashes, sources = [hash_of(one.key[0]) for one in rows], [one.key[1] for one in rows]
        await connection.execute(_SQL["forget_seen"], hashes, sources, [one.before for one in rows])


async def _insert(
    connection: Connection, new: Sequence[EventRows], owner: int | None, numbers: Numbers
) -> dict[str, int]:
    """Insert what is not known; return the numbers of what was inserted, by the events' ids."""
    new = sorted(new, key=lambda rows: rows.key)
    seqs = await numbers.events(connection, len(new))
    numbered = list(zip(seqs, new, strict=True))
    seen = [(hash_of(r.key[0]), r.key[1], seq, r.body_hash) for seq, r in numbered if r.body_hash is not None]
    seen.sort(key=lambda row: row[:2])
    deliveries = [(seq, rows) for seq, event in numbered for rows in event.deliveries]
    stored = await connection.fetch(
        _SQL["append"],
        *_columns(seen, 4),
        seqs,
        *_columns([rows.event for rows in new], _EVENT_COLUMNS),
        *_columns([rows.body for rows in new], 3),
        await numbers.deliveries(connection, len(deliveries)),
        [seq for seq, _ in deliveries],
        *_columns([rows.columns for _, rows in deliveries], _DELIVERY_COLUMNS),
        [rows.params for _, rows in deliveries],
        owner,
    )
    fresh = {row[0] for row in stored}
    return {rows.event[0]: seq for seq, rows in numbered if seq in fresh}


async def _repeats(
    connection: Connection,
    repeats: Sequence[EventRows],
    here: dict[_Key, _First],
    owner: int | None,
    numbers: Numbers,
    again: bool,
) -> dict[int, Appended]:
    """Count repeats on the first ones, and make the dead deliveries of those due again where that is asked."""
    wanted = [rows for rows in repeats if rows.key not in here]
    hashes, sources = [hash_of(rows.key[0]) for rows in wanted], [rows.key[1] for rows in wanted]
    found = await connection.fetch(_SQL["known"], hashes, sources) if wanted else ()
    known = here | {wanted[place - 1].key: (seq, hash_, uid) for place, seq, hash_, uid in found}
    results: dict[int, Appended] = {}
    gone = [rows for rows in repeats if rows.key not in known]
    if gone:  # purged in this very moment: they are new again
        stored = await append(connection, gone, owner, numbers, False)
        results = {id(rows): result for rows, result in zip(gone, stored, strict=True)}
    counts: dict[int, list[bool]] = {}
    lively: dict[int, int] = {}
    told = []
    for rows in repeats:
        if rows.key not in known:
            continue
        seq, body_hash, uid = known[rows.key]
        if again and uid == rows.result.uid and rows.key not in here:
            results[id(rows)] = rows.result  # its own: the earlier try was committed only now
            continue
        differs = body_hash != rows.body_hash
        counts.setdefault(seq, []).append(differs)
        if rows.now is not None and not differs and rows.key not in here:
            lively[seq] = rows.now
        told.append((rows, seq, Appended(uid or "", duplicate=True, differs=differs)))
    retried = await _count(connection, counts, lively) if counts else {}
    for rows, seq, result in told:
        number = retried.pop(seq, 0) if seq in lively and not result.differs else 0
        results[id(rows)] = Appended(result.uid, duplicate=True, differs=result.differs, retried=number)
    return results


async def _count(connection: Connection, counts: dict[int, list[bool]], lively: dict[int, int]) -> dict[int, int]:
    retried: dict[int, int] = {}
    async with connection.transaction():
        seqs = sorted(counts)
        numbers, differing = [len(counts[seq]) for seq in seqs], [sum(counts[seq]) for seq in seqs]
        await connection.execute(_SQL["count_duplicates"], seqs, numbers, differing)
        if lively:
            now = max(lively.values())
            for row in await connection.fetch(_WRITE["retry_of_events"], sorted(lively), now):
                retried[row[0]] = retried.get(row[0], 0) + 1
    return retried


def _result(batch: Sequence[EventRows], uid: str) -> Appended:
    return next(rows.result for rows in batch if rows.event[0] == uid)


def _columns(rows: Sequence[Iterable[Any]], number: int) -> list[list[Any]]:
    """Return rows as columns, so many even where there is no row."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(number)]
