"""`router journal copy`: everything into an empty journal of the other kind."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE, Stop
from router.cli.output import dump, safe
from router.cli.progress import Progress, counted
from router.cli.store import existing_place
from router.errors import JournalBusy, JournalError


def copy_journal(asked: argparse.Namespace) -> int:
    """Move everything, hold what is left behind, and say how much that was."""
    from router.journal.opening import place_of, shown

    source, target = existing_place(asked), place_of(asked.to)
    if isinstance(source, Path) and isinstance(target, Path):
        raise Stop("both are SQLite files: make a copy with `router journal backup`", AT_FAULT)
    if not isinstance(source, Path) and not isinstance(target, Path):
        raise Stop("both are in PostgreSQL: copy with pg_dump and pg_restore", AT_FAULT)
    progress = Progress()
    try:
        counts, held = asyncio.run(_copy(source, target, counted(progress, "copying")))
    except JournalBusy as error:
        raise Stop(str(error), UNREACHABLE) from None
    except JournalError as error:
        raise Stop(str(error), AT_FAULT) from None
    finally:
        progress.end()
    if asked.json:
        print(dump({"from": shown(source), "to": shown(target), "rows": counts, "held_behind": held}))
        return FINE
    print(f"{safe(shown(target))}: {counts['events']} events and {counts['deliveries']} deliveries")
    print(
        f"{held} unsettled deliveries are held in {safe(shown(source))}, so that nothing is sent twice from there"
    )
    return FINE


async def _copy(
    source: Path | str, target: Path | str, progress: Callable[[int, int], None]
) -> tuple[Mapping[str, int], int]:
    from router.journal.opening import lock_at, shown, store_at
    from router.journal.postgres.transfer import postgres_store
    from router.journal.transfer import transfer
    from router.journal.transfer_sqlite import sqlite_store
    from router.running import utc_now

    async with AsyncExitStack() as stack:
        for place in (source, target):
            lock = lock_at(place)
            lock.acquire(0)
            stack.callback(lock.release)
        file, url = (source, target) if isinstance(source, Path) else (target, source)
        made = store_at(file, clock=utc_now)  # or migrated; what was running at a crash is ready then
        await made.open()
        await made.close()
        async with AsyncExitStack() as both:
            sqlite = both.enter_context(sqlite_store(Path(file), writing=file is target))
            postgres = await both.enter_async_context(postgres_store(str(url), writing=file is source))
            tables = sqlite.tables()
            if file is source:
                counts = await transfer(tables, sqlite, postgres, progress)
            else:
                counts = await transfer(tables, postgres, sqlite, progress)
        journal = store_at(source, clock=utc_now, worker=False)
        await journal.open()
        try:
            held = await journal.hold(f"copied to {shown(target)}; it goes on there", utc_now())
        finally:
            await journal.close()
        return counts, held
