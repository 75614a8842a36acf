"""`router retry`: dead deliveries again."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from router.cli.exit import AT_FAULT, FINE, USAGE, Stop
from router.cli.options import add_filters, add_journal, add_json
from router.cli.output import dump
from router.cli.store import change


def add(commands: Any) -> None:
    """Add the command."""
    again = commands.add_parser(
        "retry",
        help="dead deliveries again: same ids, same bodies",
        description="Make dead deliveries due again: same id, same body, same idempotency key.",
    )
    again.add_argument("ids", nargs="*", metavar="DELIVERY", help="these deliveries")
    add_filters(again, of="deliveries")
    again.add_argument("--event", metavar="ID", help="those of this event")
    again.add_argument("--action", help="those of this action")
    again.add_argument("--destination", help="those to this destination")
    add_common(again, "every dead delivery")
    again.set_defaults(command=retry, state=None)


def add_common(command: argparse.ArgumentParser, everything: str) -> None:
    """Take what `retry` and `replay` have in common."""
    command.add_argument("--all", action="store_true", help=everything)
    command.add_argument("--dry-run", action="store_true", help="count only")
    add_journal(command)
    add_json(command)


def retry(asked: argparse.Namespace) -> int:
    """Retry what fits."""
    names = ("source", "type", "route", "since", "until", "text", "event", "action", "destination")
    said = change(asked, "retry", request_of(asked, names))
    if asked.ids and not said.get("retried", said.get("would_retry")):
        raise Stop("none of these is a dead delivery (see `router deliveries show ID`)", AT_FAULT)
    if asked.json:
        print(dump(said))
    elif asked.dry_run:
        print(f"{said['would_retry']} dead deliveries would be retried")
    else:
        print(f"{said['retried']} dead deliveries are due again")
    return FINE


def request_of(asked: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what is asked of the API: the filter of these names and the ids, or everything where that is said."""
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
