"""What `events list` and `deliveries list` share: their arguments, and one page of what was found."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from router.cli.exit import FINE
from router.cli.options import add_filters, add_journal, add_json, positive
from router.cli.output import dump, table

if TYPE_CHECKING:
    from router.journal.journal import DeliveryFilter, EventFilter

_FILTERS = ("source", "type", "route", "since", "until", "text", "before", "limit")


def add_list(verbs: Any, of: str, command: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    """Add `list` to a command group; return its parser, for what only this one knows."""
    listing: argparse.ArgumentParser = verbs.add_parser("list", help="search, newest first")
    add_filters(listing, of=of)
    listing.add_argument("--limit", type=positive, default=50, metavar="N", help="at most this many (default: 50)")
    listing.add_argument("--before", metavar="ID", help="continue a listing below this one")
    _finish(listing, command)
    return listing


def add_show(verbs: Any, text: str, identifier: str, command: Callable[[argparse.Namespace], int]) -> None:
    """Add `show` to a command group."""
    one = verbs.add_parser("show", help=text)
    one.add_argument("id", help=identifier)
    _finish(one, command)


def _finish(parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace], int]) -> None:
    add_journal(parser)
    add_json(parser)
    parser.set_defaults(command=command)


def filters(asked: argparse.Namespace) -> dict[str, Any]:
    """Return the filters that both lists take."""
    return {name: getattr(asked, name) for name in _FILTERS}


def print_page(
    asked: argparse.Namespace,
    wanted: EventFilter | DeliveryFilter,
    *,
    as_dict: Callable[[Any], dict[str, Any]],
    head: Sequence[str],
    row: Callable[[Any], Sequence[object]],
) -> int:
    """Print what fits, the first cell of a row being its id, and how to go on."""
    from router.cli.store import reader
    from router.journal.journal import EventFilter

    async def read() -> tuple[list[Any], int]:
        async with reader(asked) as store:
            if isinstance(wanted, EventFilter):
                return list(await store.events(wanted)), await store.count(wanted)
            return list(await store.deliveries(wanted)), await store.count(wanted)

    found, count = asyncio.run(read())
    if asked.json:
        print(dump([as_dict(one) for one in found]))
        return FINE
    rows = [row(one) for one in found]
    print(table(head, rows))
    if count > len(rows) and rows and not asked.before:
        print(f"\n{len(rows)} of {count}; more: --before {rows[-1][0]}")
    return FINE
