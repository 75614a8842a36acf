"""`router discard`: dead or held deliveries ended for good, with a note."""

from __future__ import annotations

import argparse
from typing import Any

from router.cli.exit import AT_FAULT, FINE, USAGE, Stop
from router.cli.output import dump
from router.cli.retry import STOPPED, add_how, add_stopped, request
from router.cli.store import change


def add(commands: Any) -> None:
    """Add the command."""
    ending = commands.add_parser(
        "discard",
        help="dead or held deliveries ended for good, with a note",
        description="End dead deliveries, or with --state held the held ones, for good: nothing sends them again.",
    )
    add_stopped(ending)
    ending.add_argument("--note", required=True, metavar="TEXT", help="why; kept with each of them")
    add_how(ending, "every dead delivery, or every held one")
    ending.set_defaults(command=discard)


def discard(asked: argparse.Namespace) -> int:
    """Count what fits, then end it."""
    if not asked.note.strip():
        raise Stop("say why with --note: it is kept with each delivery", USAGE)
    wanted = request(asked, STOPPED) | {"note": asked.note}
    state = asked.state or "dead"
    said = change(asked, "discard", wanted | {"dry_run": True})
    if asked.ids and not said["would_discard"]:
        raise Stop(f"none of these is a {state} delivery (see `router deliveries show ID`)", AT_FAULT)
    if not asked.dry_run:
        said = change(asked, "discard", wanted)
    if asked.json:
        print(dump(said))
    elif asked.dry_run:
        print(f"{said['would_discard']} {state} deliveries would be discarded")
    else:
        print(f"{said['discarded']} {state} deliveries are discarded")
    return FINE
