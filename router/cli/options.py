"""Arguments that several commands share, and what they mean."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from router.cli.exit import AT_FAULT, Stop
from router.config import units


def add_config(command: argparse.ArgumentParser, *, positional: bool = False) -> None:
    """Take the configuration's file: as the first argument, or as --config."""
    text = "the configuration (default: routes.yaml)"
    if positional:
        command.add_argument(
            "config", nargs="?", type=Path, default=Path("routes.yaml"), metavar="ROUTES", help=text
        )
    else:
        command.add_argument("--config", type=Path, default=Path("routes.yaml"), metavar="ROUTES", help=text)


def add_journal(command: argparse.ArgumentParser) -> None:
    """Take where the journal is: the configuration's, the one of `dev`, or a file."""
    add_config(command)
    command.add_argument("--dev", action="store_true", help="the journal of `router dev`")
    command.add_argument(
        "--journal",
        type=_place,
        metavar="FILE",
        help="a journal's file, or its address in PostgreSQL, whatever the configuration says",
    )


def add_filters(
    command: argparse.ArgumentParser, *, of: str, route: str = "with a delivery of this route"
) -> None:
    """Take what to look for among `of`; `route` says what a route means."""
    command.add_argument("--source", help="from this source")
    command.add_argument("--type", metavar="TYPE", help="of this event type; * stands for anything")
    command.add_argument("--route", help=route)
    command.add_argument("--since", type=moment, metavar="TIME", help="not older: 2026-11-23T10:00:00Z, or 2h, 3d")
    command.add_argument("--until", type=moment, metavar="TIME", help="older")
    command.add_argument("--text", help=f"{of} that contain this text")


def add_set(command: argparse.ArgumentParser, *, of: str) -> None:
    """Take changes of what is sent or asked about, as `changes`."""
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        dest="changes",
        help=f"change the {of}: data.first_name=null, data.id=user_1 (JSON, else a text)",
    )


def add_json(command: argparse.ArgumentParser) -> None:
    """Offer machine-readable output."""
    command.add_argument("--json", action="store_true", help="print JSON, for scripts")


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 1 to 1000000")
    return int(text)


def moment(text: str) -> datetime:
    """Read a time: ISO 8601 with a zone (a plain date is its midnight, UTC), or a duration before now."""
    try:
        return datetime.now(UTC) - timedelta(seconds=units.duration(text))
    except (ValueError, OverflowError):  # or longer ago than there are dates
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"`{text}` is no time: write 2026-11-23T10:00:00Z, or a duration such as 2h"
        ) from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def dev_journal(path: Path | None) -> Path:
    """Return the file of `dev`'s own journal, beside the real one, so that it never touches real deliveries.

    Where that is no file (None), it is in the working directory.
    """
    path = path or Path("router.db")
    return path.with_name(f"{path.stem}.dev{path.suffix or '.db'}")


def journal_place(asked: Any) -> Path | str:
    """Return the journal that a command is about, a file or the address of a PostgreSQL database.

    Nothing else of the configuration has to be right.
    """
    if asked.journal is not None:
        return asked.journal  # type: ignore[no-any-return] # what `_place` made of it
    from router.config.document import read_document
    from router.config.problem import Problems
    from router.config.report import render

    problems = Problems()
    document = read_document(asked.config, os.environ, problems, made_up=lambda name: name)
    if document is None or not document.journal.url:
        raise Stop("the configuration cannot be read\n" + render(problems, {}, color=False), AT_FAULT)
    if asked.dev:
        return dev_journal(document.journal.path)
    return document.journal.path or document.journal.url


def journal_path(asked: Any) -> Path:
    """Return the file of the journal that a command is about; one in PostgreSQL ends the command."""
    place = journal_place(asked)
    if isinstance(place, Path):
        return place
    raise Stop(
        "this command is for a SQLite journal; one in PostgreSQL is backed up with its database",
        AT_FAULT,
    )


def _place(text: str) -> Path | str:
    from router.journal.opening import place_of

    return place_of(text)


Command = Callable[[argparse.Namespace], int]
