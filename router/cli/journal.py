"""`router journal`: how it stands, backups and copies of it, and holding what is in it."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE, Stop
from router.cli.journal_copy import copy_journal
from router.cli.options import add_journal, add_json, journal_place
from router.cli.output import dump, safe, when
from router.cli.progress import Progress, counted
from router.cli.store import existing_journal, owner, reader

_UNSETTLED = ("ready", "running", "waiting", "held")


def add(commands: Any) -> None:
    """Add the command group."""
    group = commands.add_parser("journal", help="how the journal stands; backups and copies of it")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    status = verbs.add_parser("status", help="its size, what is in it, and who owns it")
    _finish(status, show_status)

    backup = verbs.add_parser(
        "backup",
        help="a consistent copy, while the router runs",
        description="Write a consistent copy of a SQLite journal to a new file, while the router runs or not. "
        "What is unsettled in the copy is held when a router opens it.",
    )
    backup.add_argument("file", type=Path, metavar="FILE", help="the copy; nothing may be there yet")
    _finish(backup, back_up_journal)

    hold = verbs.add_parser(
        "hold",
        help="hold what is unsettled, after a restore",
        description="Hold every delivery that is not settled, until router retry --state held releases it: for a "
        "journal that was restored by other means than router journal backup. No router may run.",
    )
    hold.add_argument("--reason", default="held by a person", metavar="TEXT", help="shown with each of them")
    _finish(hold, hold_journal)

    copy = verbs.add_parser(
        "copy",
        help="everything into an empty journal of the other kind",
        description="Copy everything from a SQLite journal to an empty one in PostgreSQL, or back, and hold what "
        "is unsettled in the old one. No router may run on either.",
    )
    copy.add_argument("--to", required=True, metavar="URL", help="postgresql://... or sqlite:///router.db")
    _finish(copy, copy_journal)


def _finish(command: argparse.ArgumentParser, run: Any) -> None:
    add_journal(command)
    add_json(command)
    command.set_defaults(command=run)


def show_status(asked: argparse.Namespace) -> int:
    """Print how the journal stands."""
    from router.errors import JournalError
    from router.journal.opening import lock_at, shown

    async def read() -> Any:
        async with reader(asked) as store:
            return await store.stats()

    stats = asyncio.run(read())
    place = journal_place(asked)
    try:
        holder = lock_at(place).holder()
    except JournalError as error:
        raise Stop(str(error), UNREACHABLE) from None
    said = {
        "journal": shown(place),
        "bytes": stats.bytes,
        "owner": None if holder is None else {"pid": holder.pid, "admin": holder.admin},
        "events": {state.value: number for state, number in stats.events.items()},
        "deliveries": {state.value: number for state, number in stats.deliveries.items()},
        "oldest_due": stats.oldest_due,
    }
    if asked.json:
        print(dump(said))
        return FINE
    owned = "nobody" if isinstance(place, Path) else "its replicas"
    if holder is not None:
        owned = f"process {holder.pid}" + (f" ({holder.admin})" if holder.admin else "")
    rows = [
        ("journal", shown(place)),
        ("size", f"{stats.bytes / 2**20:.1f} MiB"),
        ("owned by", owned),
        ("events", _counts(said["events"])),
        ("deliveries", _counts(said["deliveries"])),
        ("oldest due", when(stats.oldest_due) or "none"),
    ]
    for name, value in rows:
        print(f"{name:<12} {safe(value)}")
    if held := said["deliveries"]["held"]:
        print(f"\n{held} deliveries are held: release them with `router retry --state held`")
    return FINE


def back_up_journal(asked: argparse.Namespace) -> int:
    """Write the copy, and say what is in it."""
    from router.errors import JournalError
    from router.journal.backup import back_up
    from router.running import utc_now

    progress = Progress()
    try:
        copy = back_up(existing_journal(asked), asked.file, clock=utc_now, progress=counted(progress, "copying"))
    except JournalError as error:
        raise Stop(str(error), AT_FAULT) from None
    finally:
        progress.end()
    deliveries = {state.value: number for state, number in copy.stats.deliveries.items()}
    events = sum(copy.stats.events.values())
    unsettled = sum(deliveries[state] for state in _UNSETTLED)
    if asked.json:
        print(
            dump(
                {
                    "file": str(copy.file),
                    "taken_at": copy.taken_at,
                    "bytes": copy.bytes,
                    "events": events,
                    "deliveries": sum(deliveries.values()),
                    "unsettled": unsettled,
                }
            )
        )
        return FINE
    holds = f"{events} events and {sum(deliveries.values())} deliveries, {unsettled} of them unsettled"
    print(f"{safe(copy.file)}: {holds}, as of {when(copy.taken_at)}")
    return FINE


def hold_journal(asked: argparse.Namespace) -> int:
    """Hold what is not settled."""
    from router.journal.opening import shown
    from router.running import utc_now

    async def hold() -> int:
        async with owner(asked) as journal:
            if await journal.attended():
                place = shown(journal_place(asked))
                told = f"the journal {place} is in use by a router: stop it first (a killed one counts for 10 s)"
                raise Stop(told, UNREACHABLE)
            return await journal.hold(asked.reason, utc_now())

    held = asyncio.run(hold())
    if asked.json:
        print(dump({"held": held}))
    else:
        print(f"{held} deliveries are held; release them with `router retry --state held`")
    return FINE


def _counts(counts: Any) -> str:
    return ", ".join(f"{number} {state}" for state, number in counts.items() if number) or "none"
