"""`router diff`: stored events through today's file and a new one: what would be sent differently."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, USAGE, Stop
from router.cli.options import add_journal, add_json, moment, positive

if TYPE_CHECKING:
    from router.cli.diff_walk import Walk
    from router.comparison.settings import Setting
    from router.comparison.sides import Sides
    from router.ruleset import Ruleset

_WEEK = timedelta(days=7)
_INTERRUPTED = 130
_OF_JOURNAL = ("source", "type", "since", "until", "limit", "journal", "dev")


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser(
        "diff",
        help="what a new file would send differently",
        description="Put stored events through today's file and a new one, and show which deliveries would be "
        "new, gone or different. Nothing is sent or written; unset variables are made up as in `router dev`.",
    )
    command.add_argument("old", nargs="?", type=Path, metavar="OLD", help="instead of --config")
    command.add_argument("new", type=Path, metavar="NEW", help="the file to try")
    command.add_argument(
        "--samples", action="store_true", help="the shipped samples of the sources, not stored events"
    )
    command.add_argument(
        "--event", action="append", metavar="ID", help="this event, by the router's id or the sender's; repeatable"
    )
    command.add_argument("--source", help="from this source")
    command.add_argument("--type", metavar="TYPE", help="of this event type; * stands for anything")
    command.add_argument("--route", help="what this route does only")
    command.add_argument("--since", type=moment, metavar="TIME", help="not older (default: 7d)")
    command.add_argument("--until", type=moment, metavar="TIME", help="older: 2026-11-23T10:00:00Z, or 2h, 3d")
    command.add_argument("--limit", type=positive, metavar="N", help="the newest N of them")
    command.add_argument(
        "--examples", type=_number, default=3, metavar="N", help="so many of each difference (default: 3)"
    )
    command.add_argument("--fail-on-change", action="store_true", help="exit with 1 when anything differs")
    add_journal(command)
    add_json(command)
    command.set_defaults(command=diff)


def diff(asked: argparse.Namespace) -> int:
    """Compare, and tell; 1 where a file has errors or, if asked for, where anything differs."""
    from router.cli.diff_json import as_json
    from router.cli.diff_report import Report
    from router.cli.output import Paint, colored, dump
    from router.comparison.settings import settings
    from router.comparison.sides import Sides

    if asked.old is not None:
        asked.config = asked.old
    _check(asked)
    before, after = _loaded(asked.config, asked.new)
    route = asked.route
    if route is not None:
        _check_route(route, before, after)
    sides = Sides(before, after, None if route is None else lambda name, _: name == route)
    walk, stopped = _walked(asked, sides)
    found = [setting for setting in settings(before, after) if _about(route, setting)]

    def clean(text: str) -> str:
        return after.redactor.text(before.redactor.text(text))

    if asked.json:
        said = as_json(walk, found, asked.config, asked.new, stopped=stopped)
        print(dump(after.redactor.tree(before.redactor.tree(said))))
    else:
        report = Report(lambda line: print(clean(line)), Paint(on=colored(sys.stdout)))
        report.show(walk, found, asked.config, asked.new, stopped=stopped)
    if stopped:
        return _INTERRUPTED
    return AT_FAULT if asked.fail_on_change and (walk.tally.differs or found) else FINE


def _check(asked: argparse.Namespace) -> None:
    if not asked.samples:
        return
    named = [name for name in (*_OF_JOURNAL, "event") if getattr(asked, name) and name not in ("source", "type")]
    if named:
        raise Stop(f"--samples takes no stored events: leave --{named[0]} out", USAGE)


def _check_route(route: str, before: Ruleset, after: Ruleset) -> None:
    from router.config.problem import did_you_mean

    known = [*before.table.actions, *after.table.actions]
    if route not in known:
        hint = did_you_mean(route, known)
        raise Stop(f"neither file has a route `{route}`" + (f": {hint}" if hint else ""), AT_FAULT)


def _loaded(*paths: Path) -> list[Ruleset]:
    """Return the rules of files, or end with the problems of all of them as `router check` tells them."""
    import os

    from router.cli.output import colored
    from router.config.made_up import made_up
    from router.config.report import render
    from router.ruleset import load_ruleset

    found = [(path, load_ruleset(path, os.environ, made_up=made_up)) for path in dict.fromkeys(paths)]
    faulty = [(path, loaded) for path, loaded in found if loaded.ruleset is None]
    for _, loaded in faulty:
        print(render(loaded.problems, loaded.texts, color=colored(sys.stderr)), file=sys.stderr)
    if faulty:
        names = " and ".join(str(path) for path, _ in faulty)
        raise Stop(f"{names}: there are errors, nothing was compared", AT_FAULT)
    rules = {path: loaded.ruleset for path, loaded in found if loaded.ruleset is not None}
    return [rules[path] for path in paths]


def _about(route: str | None, setting: Setting) -> bool:
    """Tell whether a setting is about a route, or about no route at all."""
    if route is None or not setting.of.startswith(("route", "action ")):
        return True
    return setting.difference.path == route or setting.of.startswith(f"action {route}/")


def _walked(asked: argparse.Namespace, sides: Sides) -> tuple[Walk, bool]:
    """Compare everything that is asked for; tell whether a person stopped it."""
    from router.cli.diff_walk import Walk
    from router.cli.progress import Progress
    from router.cli.store import reader
    from router.journal.journal import EventFilter
    from router.running import utc_now

    walk = Walk(sides, asked.examples, Progress(clock=time.monotonic))
    if asked.samples:
        walk.samples(utc_now(), asked.source, asked.type)
        return walk, False
    since = asked.since or (None if asked.event else datetime.now(UTC) - _WEEK)
    wanted = EventFilter(
        ids=tuple(asked.event or ()), source=asked.source, type=asked.type, since=since, until=asked.until
    )

    async def stored() -> None:
        async with reader(asked) as store:
            await walk.stored(store, wanted, asked.limit)

    stopped = False
    try:
        asyncio.run(stored())
    except KeyboardInterrupt:
        stopped = True
    finally:
        with suppress(OSError):
            walk.progress.end()
    if asked.event and not walk.tally.events and not stopped:
        raise Stop("no stored event has one of these ids (see `router events list`)", AT_FAULT)
    return walk, stopped


def _number(text: str) -> int:
    return 0 if text == "0" else positive(text)
