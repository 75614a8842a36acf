"""`router retry`: dead deliveries again."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from router.cli.exit import AT_FAULT, FINE, USAGE, Stop
from router.cli.options import add_filters, add_journal, add_json
from router.cli.output import dump
from router.cli.store import change

STOPPED = ("source", "type", "route", "since", "until", "text", "event", "action", "destination", "state")
"""The filters of what is dead or held."""


def add(commands: Any) -> None:
    """Add the command."""
    again = commands.add_parser(
        "retry",
        help="dead deliveries again: same ids, same bodies",
        description="Make dead deliveries due again: same id, same body, same idempotency key. "
        "With --state held, release those that a restored backup holds.",
    )
    add_stopped(again)
    add_how(again, "every dead delivery, or every held one")
    again.set_defaults(command=retry)


def add_stopped(command: argparse.ArgumentParser) -> None:
    """Take which dead or held deliveries are meant."""
    command.add_argument("ids", nargs="*", metavar="DELIVERY", help="these deliveries")
    add_filters(command, of="deliveries")
    command.add_argument("--event", metavar="ID", help="those of this event")
    command.add_argument("--action", help="those of this action")
    command.add_argument("--destination", help="those to this destination")
    command.add_argument("--state", choices=("dead", "held"), help="in this state (default: dead)")


def add_how(command: argparse.ArgumentParser, everything: str) -> None:
    """Take what all changes of the journal have in common."""
    command.add_argument("--all", action="store_true", help=everything)
    command.add_argument("--dry-run", action="store_true", help="count only")
    add_journal(command)
    add_json(command)


def retry(asked: argparse.Namespace) -> int:
    """Retry what fits."""
    said = change(asked, "retry", request(asked, STOPPED))
    state = asked.state or "dead"
    if asked.ids and not said.get("retried", said.get("would_retry")):
        raise Stop(f"none of these is a {state} delivery (see `router deliveries show ID`)", AT_FAULT)
    if asked.json:
        print(dump(said))
    elif asked.dry_run:
        print(f"{said['would_retry']} {state} deliveries would be {'released' if state == 'held' else 'retried'}")
    else:
        print(f"{said['retried']} {state} deliveries are due again")
    return FINE


def request(asked: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what is asked for, as the API takes it; ends with a usage error where nothing says which."""
    wanted: dict[str, Any] = {}
    for name in names:
        value = getattr(asked, name)
        if value is not None:
            wanted[name] = value.isoformat() if isinstance(value, datetime) else value
    if asked.ids:
        wanted["ids"] = asked.ids
    if not wanted and not asked.all:
        raise Stop("say which: ids, filters, or --all (try it with --dry-run first)", USAGE)
    return {"filter": wanted, "all": asked.all, "dry_run": asked.dry_run}
