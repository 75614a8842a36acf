"""`router lanes`: what waits for which destination, and why; pauses by hand."""

from __future__ import annotations

import argparse
import asyncio
from datetime import datetime
from typing import Any

from router.cli.exit import FINE
from router.cli.options import add_journal, add_json
from router.cli.output import dump, table, when
from router.cli.store import ask, held, opened, reader


def add(commands: Any) -> None:
    """Add the command group."""
    group = commands.add_parser("lanes", help="what waits for which destination, and why; pause and resume")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="lanes in which something waits, or that are blocked")
    listing.set_defaults(command=list_lanes)
    text = "start nothing in a lane, for a while or until it is resumed"
    pausing = verbs.add_parser("pause", help=text, description=f"{text.capitalize()}; its deliveries wait.")
    pausing.add_argument(
        "--for", dest="span", metavar="TIME", help="for so long: 30m, 2h (default: until resumed)"
    )
    pausing.add_argument("--reason", metavar="TEXT", help="shown to whoever asks why nothing happens")
    pausing.set_defaults(command=pause)
    text = "end the pause of a lane, whoever has begun it"
    resuming = verbs.add_parser("resume", help=text, description=f"{text.capitalize()}.")
    resuming.set_defaults(command=resume)
    for verb in (pausing, resuming):
        verb.add_argument("destination", metavar="DESTINATION", help="the destination's name")
        verb.add_argument("lane", nargs="?", metavar="LANE", help="what splits it, where it is split")
    for verb in (listing, pausing, resuming):
        add_journal(verb)
        add_json(verb)


def list_lanes(asked: argparse.Namespace) -> int:
    """Print the lanes."""
    from router.admin.lanes import lanes_of
    from router.running import utc_now

    async def read() -> list[dict[str, Any]]:
        async with reader(asked) as store:
            return lanes_of(await store.stored_lanes(), await store.queues(), None, utc_now())

    found = asyncio.run(read())
    if asked.json:
        print(dump(found))
        return FINE
    rows = [
        (
            one["destination"],
            one["lane"],
            one["ready"],
            _second(one["first_due"]),
            one["breaker"],
            one["blocked"] or "",
        )
        for one in found
    ]
    print(table(("DESTINATION", "LANE", "READY", "FIRST DUE", "BREAKER", "BLOCKED"), rows))
    return FINE


def pause(asked: argparse.Namespace) -> int:
    """Pause a lane."""
    said = _change(asked, "pause", {"for": asked.span, "reason": asked.reason})
    return _print(asked, said, f"paused until {_second(said['paused_until']) or 'it is resumed'}")


def resume(asked: argparse.Namespace) -> int:
    """End a pause."""
    return _print(asked, _change(asked, "resume", {}), "goes on")


def _change(asked: argparse.Namespace, verb: str, more: dict[str, Any]) -> dict[str, Any]:
    request = {"destination": asked.destination, "lane": asked.lane, **more}
    with held(asked) as holder:
        if holder is not None:
            return asyncio.run(ask(holder, "POST", f"lanes/{verb}", request))
        return asyncio.run(_alone(asked, verb, request))


async def _alone(asked: argparse.Namespace, verb: str, request: dict[str, Any]) -> dict[str, Any]:
    async with opened(asked, None) as changes:
        return await (changes.lanes.pause(request) if verb == "pause" else changes.lanes.resume(request))


def _second(moment: str | None) -> str:
    return when(datetime.fromisoformat(moment)) if moment else ""


def _print(asked: argparse.Namespace, said: dict[str, Any], text: str) -> int:
    name = f"{said['destination']}/{said['lane']}" if said["lane"] else said["destination"]
    print(dump(said) if asked.json else f"lane {name}: {text}")
    return FINE
