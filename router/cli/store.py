"""How commands get at the journal: readers beside a running process, changes through it."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, UNREACHABLE, Stop
from router.cli.options import journal_path, journal_place
from router.errors import JournalBusy, JournalError

if TYPE_CHECKING:
    from router.admin.changes import Changes
    from router.delivery.replay import Planner
    from router.journal.journal import Journal
    from router.journal.lock import Holder
    from router.journal.postgres.reader import PostgresReader
    from router.journal.reader import SqliteReader


def existing_place(asked: argparse.Namespace) -> Path | str:
    """Return where the journal is that a command is about; ends with 3 where it is a file and is not there."""
    place = journal_place(asked)
    if isinstance(place, Path) and not place.exists():
        hint = "" if asked.dev else " (the journal of `router dev` is named by --dev)"
        raise Stop(f"there is no journal at {place}: has the router run here?{hint}", UNREACHABLE)
    return place


def existing_journal(asked: argparse.Namespace) -> Path:
    """Return the file of the journal that a command is about; ends with 3 where there is none."""
    journal_path(asked)
    return Path(existing_place(asked))


@asynccontextmanager
async def reader(asked: argparse.Namespace) -> AsyncIterator[SqliteReader | PostgresReader]:
    """Open the journal for reading; a running process is not disturbed."""
    from router.journal.opening import reader_at

    place = existing_place(asked)
    try:
        store = reader_at(place)
        try:
            yield store
        finally:
            await store.close()
    except JournalError as error:
        raise Stop(str(error), AT_FAULT if isinstance(place, Path) else UNREACHABLE) from None


@asynccontextmanager
async def owner(asked: argparse.Namespace) -> AsyncIterator[Journal]:
    """Own the journal for the while; no router may run, but for those of a journal that many own."""
    from router.journal.opening import lock_at, store_at
    from router.running import utc_now

    place = existing_place(asked)
    lock = lock_at(place)
    try:
        lock.acquire(0)
        journal = store_at(place, clock=utc_now, worker=False)
        await journal.open()
        try:
            yield journal
        finally:
            await journal.close()
    except JournalError as error:
        raise Stop(str(error), UNREACHABLE) from None
    finally:
        lock.release()


@contextmanager
def held(asked: argparse.Namespace) -> Iterator[Holder | None]:
    """Give the process that owns the journal; None where this one does, until the end of the block."""
    from router.journal.opening import lock_at

    lock = lock_at(existing_place(asked))
    try:
        lock.acquire(0)
    except JournalBusy:
        holder = lock.holder()
        if holder is None or not holder.admin:
            raise Stop("the journal is owned by a process that is just starting: try again", UNREACHABLE) from None
        yield holder
        return
    except JournalError as error:
        raise Stop(str(error), UNREACHABLE) from None
    try:
        yield None
    finally:
        lock.release()


def change(asked: argparse.Namespace, verb: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Change something through the process that owns the journal; where none does, by owning it for the while."""
    with held(asked) as holder:
        if holder is not None:
            return asyncio.run(ask(holder, "POST", verb, request))
        return asyncio.run(_alone(asked, verb, request))


async def ask(holder: Holder, method: str, path: str, request: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Ask the running process something below /api/v1; what it refuses ends the command."""
    import aiohttp

    headers = {"Authorization": f"Bearer {holder.token}"}
    # To count a large journal takes its time; to reach a process of this machine does not.
    patience = aiohttp.ClientTimeout(total=None, sock_connect=10)
    try:
        async with (
            aiohttp.ClientSession(headers=headers, timeout=patience) as session,
            session.request(method, f"{holder.admin}/api/v1/{path}", json=request) as answer,
        ):
            said = json.loads(await answer.text())
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Stop(
            f"the running router (pid {holder.pid}) cannot be reached at {holder.admin}: {type(error).__name__}",
            UNREACHABLE,
        ) from None
    if answer.status not in (200, 202):
        raise Stop(str(said.get("error", answer.status)), AT_FAULT)
    return dict(said)


async def _alone(asked: argparse.Namespace, verb: str, request: Mapping[str, Any]) -> dict[str, Any]:
    from router.admin.filters import delivery_filter

    async with opened(asked, None) as changes:
        wanted, dry_run = delivery_filter(request["filter"]), request["dry_run"]
        if verb == "retry":
            return await changes.retry(wanted, dry_run=dry_run)
        return await changes.discard(wanted, request["note"], dry_run=dry_run)


@asynccontextmanager
async def opened(asked: argparse.Namespace, planner: Planner | None) -> AsyncIterator[Changes]:
    """Open the journal that this process owns; ends the command where it cannot be used, or the input is wrong."""
    from router.admin.changes import Changes
    from router.journal.opening import store_at
    from router.running import utc_now

    try:
        journal = store_at(journal_place(asked), clock=utc_now, worker=False)
        await journal.open()
        try:
            yield Changes(journal, planner, clock=utc_now, alone=True)
        finally:
            await journal.close()
    except JournalError as error:
        raise Stop(str(error), UNREACHABLE) from None
    except ValueError as error:
        raise Stop(str(error), AT_FAULT) from None
