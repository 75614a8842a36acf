"""`router replay`: stored events through today's routes."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from router.cli.desk import RUNNING, desk
from router.cli.exit import AT_FAULT, FINE, USAGE, Stop
from router.cli.options import add_filters
from router.cli.output import dump, safe, table
from router.cli.progress import Progress
from router.cli.replay_progress import ReplayProgress
from router.cli.retry import add_how, request
from router.cli.store import held
from router.model import DeliveryState, EventState

if TYPE_CHECKING:
    from router.journal.lock import Holder

_FILTERS = ("source", "type", "since", "until", "text", "state", "delivery_state")
_FIRST_LOOK, _LOOK = 0.05, 0.5  # seconds until it is asked again how far it is
Work = Mapping[str, Any] | str
"""What is asked for anew, or the id of a replay that was begun."""


def add(commands: Any) -> None:
    """Add the command."""
    text = "stored events through today's routes: new deliveries"
    command = commands.add_parser(
        "replay",
        help=text,
        description="Send stored events through today's routes: new deliveries, with ids and keys of their own. "
        "It counts first, then goes on in the background of the running process, after live events.",
    )
    command.add_argument(
        "ids", nargs="*", metavar="EVENT", help="these events, by the router's id or the sender's"
    )
    add_filters(command, of="events", route="through this route only")
    command.add_argument("--action", help="through this action only (of the route)")
    command.add_argument("--state", choices=[state.value for state in EventState], help="events in this state")
    command.add_argument(
        "--delivery-state", choices=[state.value for state in DeliveryState], help="with a delivery in this state"
    )
    command.add_argument("--again", action="store_true", help="also what was delivered already, or is under way")
    command.add_argument("--yes", action="store_true", help="do not ask before sending something a second time")
    known = command.add_mutually_exclusive_group()
    known.add_argument("--status", nargs="?", const="", metavar="REPLAY", help="how a replay stands (or all)")
    known.add_argument("--follow", metavar="REPLAY", help="show the progress of a replay")
    known.add_argument("--resume", metavar="REPLAY", help="go on with one that was interrupted")
    known.add_argument("--cancel", metavar="REPLAY", help="end one; what it has planned stays")
    add_how(command, "every stored event")
    command.set_defaults(command=replay)


def replay(asked: argparse.Namespace) -> int:
    """Replay what fits, or look after a replay."""
    named = [value for value in (asked.follow, asked.resume) if value is not None]
    if named or asked.status is not None or asked.cancel is not None:
        if asked.ids or asked.all or any(getattr(asked, name) for name in (*_FILTERS, "route", "action")):
            raise Stop("--status, --follow, --resume and --cancel take a replay, and no events", USAGE)
        with held(asked) as holder:
            return _look_after(asked, holder, *named)
    wanted = request(asked, _FILTERS)
    for name in ("route", "action"):
        if getattr(asked, name) is not None:
            wanted[name] = getattr(asked, name)
    wanted["again"] = asked.again
    with held(asked) as holder:
        if asked.dry_run:
            return _told(asked, asyncio.run(_count(asked, holder, wanted)), would=True)
        if asked.again and not asked.yes and not asked.json and sys.stdin.isatty() and sys.stdout.isatty():
            counts = asyncio.run(_count(asked, holder, wanted))
            _told(asked, counts, would=True)
            if counts["repeats"] and not _agreed():
                raise Stop("nothing was replayed", AT_FAULT)
        return _told(asked, _carried_out(asked, holder, wanted))


def _look_after(asked: argparse.Namespace, holder: Holder | None, *named: str) -> int:
    if named:
        return _told(asked, _carried_out(asked, holder, named[0]))
    if asked.cancel is not None:
        return _stands(asked, [asyncio.run(_ask(asked, holder, "cancel", asked.cancel))])
    if asked.status:
        return _stands(asked, [asyncio.run(_ask(asked, holder, "status", asked.status))])
    return _stands(asked, asyncio.run(_ask(asked, holder, "all")))


async def _count(asked: argparse.Namespace, holder: Holder | None, wanted: Mapping[str, Any]) -> Any:
    async with desk(asked, holder) as there:
        return await there.count(wanted)


async def _ask(asked: argparse.Namespace, holder: Holder | None, verb: str, *ids: str) -> Any:
    async with desk(asked, holder, plans=False) as there:
        return await getattr(there, verb)(*ids)


def _carried_out(asked: argparse.Namespace, holder: Holder | None, what: Work) -> dict[str, Any]:
    """Begin with a replay, or go on with one of that id or follow it, to its end; return how it ended."""
    begun: dict[str, bool] = {}
    progress = None if asked.json else ReplayProgress(Progress(lines=True))
    try:
        try:
            return asyncio.run(_followed(asked, holder, what, begun, progress))
        finally:
            if progress is not None:
                progress.end()
    except KeyboardInterrupt:
        for id_, elsewhere in begun.items():
            goes = f"go on with it: router replay --resume {id_}"
            if elsewhere:
                ways = f"--status {id_}, --follow {id_}, --cancel {id_}"
                goes = f"it goes on in the running router: router replay {ways}"
            print(goes, file=sys.stderr)
        raise


async def _followed(
    asked: argparse.Namespace,
    holder: Holder | None,
    what: Work,
    begun: dict[str, bool],
    progress: ReplayProgress | None,
) -> dict[str, Any]:
    async with desk(asked, holder, plans=asked.follow is None) as there:
        if not isinstance(what, str):
            said = await there.start(what)
        else:
            said = await (there.resume(what) if asked.follow is None else there.follow(what))
        pause = _FIRST_LOOK
        while said["state"] == RUNNING:
            begun[said["replay"]] = there.elsewhere(said["replay"])
            if progress is not None:
                progress.show(said)
            await asyncio.sleep(pause)
            pause = min(_LOOK, pause * 2)
            said = await there.follow(said["replay"])
        return said


def _agreed() -> bool:
    try:
        return input("go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _told(asked: argparse.Namespace, said: Mapping[str, Any], *, would: bool = False) -> int:
    """Print the counts of a replay that is over, or those of one that would be."""
    cancelled = said.get("state") == "cancelled"
    if asked.json:
        print(dump(said))
        return AT_FAULT if cancelled else FINE
    if asked.ids and not said["events"]:
        raise Stop("no stored event has one of these ids (see `router events list`)", AT_FAULT)
    be = "would be " if would else ""
    print(f"{said['events']} events {be}replayed: {said['deliveries']} new deliveries")
    for name, counts in said["destinations"].items():
        where = f"{name} ({counts['host']})" if "host" in counts else name
        twice = f", {counts['repeats']} of them for a second time" if counts["repeats"] else ""
        print(f"  {safe(where)}: {counts['deliveries']}{twice}")
    if said["repeats"]:
        print(f"{said['repeats']} {be}sent a second time: they were delivered before, or are under way")
    if said["left_out"]:
        print(f"{said['left_out']} {be}left out: delivered before, or under way (--again sends them once more)")
    if said["skipped"]:
        print(f"{said['skipped']} {be}skipped, with a reason")
    if said["unmatched"]:
        print(f"{said['unmatched']} of the events match no route today")
    if said["dead"]:
        print(f"{said['dead']} new deliveries failed to render (see `router deliveries list --state dead`)")
    if said["plan_failed"]:
        print(f"{said['plan_failed']} events could not be planned:")
        print("\n".join(f"  {safe(failure)}" for failure in said["failures"]))
    if cancelled:
        raise Stop(f"the replay was cancelled: {safe(said.get('trouble') or 'what was planned stays')}", AT_FAULT)
    return FINE


def _stands(asked: argparse.Namespace, found: list[dict[str, Any]]) -> int:
    if asked.json:
        print(dump(found if asked.status == "" else found[0]))
        return FINE
    head = ("REPLAY", "STARTED", "STATE", "EVENTS", "DELIVERIES", "LEFT OUT", "REASON")
    print(table(head, [_row(said) for said in found]))
    return FINE


def _row(said: Mapping[str, Any]) -> tuple[object, ...]:
    expected = said.get("expected")
    of = f" of {expected['events']}" if expected else ""
    started = said["started_at"][:19] + "Z"
    counts = (f"{said['events']}{of}", said["deliveries"], said["left_out"])
    return said["replay"], started, said["state"], *counts, said.get("trouble") or ""
