"""`router explain`: why an event is taken or not, route by route, and what would be sent."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, USAGE, Stop
from router.cli.options import add_journal, add_json, add_set, moment

if TYPE_CHECKING:
    from router.ruleset import Loaded

_ABOUT = (
    "Say of an event how it is verified and identified, of every route whether it takes it and why, and what would"
    " be sent. Nothing is sent, and nothing is written."
)


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser(
        "explain",
        help="why an event is taken or not, route by route, and what would be sent",
        description=_ABOUT,
        epilog="Exit codes: 0 explained, 1 refused, unreadable or not to be judged (it is explained all the same),"
        " 2 wrong usage, 3 the journal cannot be reached.",
    )
    command.add_argument(
        "event",
        nargs="?",
        metavar="EVENT",
        help="a sample (clerk/user.created), a file with a payload, `-` for one on standard input,"
        " or the id of a stored event (the router's or the sender's) or delivery",
    )
    command.add_argument(
        "--request",
        type=Path,
        metavar="FILE",
        help="a captured request with its headers, verified for real (`-` for standard input)",
    )
    command.add_argument("--source", help="the source that sent the payload or request")
    command.add_argument("--type", metavar="TYPE", help="the type of a payload, where a header says it")
    add_set(command, of="payload")
    command.add_argument(
        "--at",
        type=moment,
        metavar="TIME",
        help="received then: 2026-11-23T10:00:00Z, or 2h ago (default: now, or what a request's file says)",
    )
    command.add_argument("--route", metavar="NAME", help="tell of this route only")
    command.add_argument(
        "-v", "--verbose", action="store_true", help="tell of routes for other events too, and leave nothing out"
    )
    command.add_argument(
        "--today",
        action="store_true",
        help="tell of a stored event by the files of today, not by those that were in force when it came",
    )
    command.add_argument(
        "--fail-if-unmatched", action="store_true", help="exit with 1 where no route takes the event"
    )
    add_journal(command)
    add_json(command)
    command.set_defaults(command=explain)


def explain(asked: argparse.Namespace) -> int:
    """Print the account; 1 where the event is refused, cannot be read or cannot be judged."""
    from router.cli.explain_subject import find, usable
    from router.cli.output import colored, dump
    from router.explaining.account import account

    if (asked.event is None) == (asked.request is None):
        raise Stop("say what to explain: EVENT (such as clerk/user.created), or --request FILE", USAGE)
    loaded, subject = asyncio.run(find(asked, _load(asked)))
    ruleset = usable(loaded)
    if asked.route is not None and ruleset.table.route(asked.route) is None:
        from router.config.problem import did_you_mean

        hint = did_you_mean(asked.route, (route.name for route in ruleset.table.routes))
        raise Stop(f"{asked.config} has no route `{asked.route}`" + (f" ({hint})" if hint else ""), AT_FAULT)
    found = account(ruleset, subject, loaded.texts, only=asked.route)
    if asked.json:
        print(dump(found))
    else:
        from router.cli.explain_text import render

        print(render(found, color=colored(), verbose=asked.verbose))
    if (found["event"] is None and not found["handshake"]) or found["verification"]["verdict"] in (
        "refused",
        "unknown",
    ):
        return AT_FAULT
    return AT_FAULT if asked.fail_if_unmatched and not found["taken"] else FINE


def _load(asked: argparse.Namespace) -> Loaded:
    from router.config.made_up import made_up
    from router.ruleset import load_ruleset

    return load_ruleset(asked.config, os.environ, made_up=made_up)
