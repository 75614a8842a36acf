"""`router run`: serves until SIGTERM, then drains; SIGHUP and a changed file reload."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE, Stop
from router.cli.options import add_config

if TYPE_CHECKING:
    from router.app import Addresses, Options, Running
    from router.ruleset import Loaded, Ruleset


def add(commands: Any) -> None:
    """Add the command."""
    text = "accept events and do what the routes say"
    command = commands.add_parser(
        "run",
        help=text,
        description=text.capitalize() + ". SIGTERM drains and ends; SIGHUP, or a changed file, reloads.",
    )
    add_config(command, positional=True)
    command.add_argument("--log-format", choices=("text", "json"), default="text", help="how log lines look")
    command.set_defaults(command=run)


def run(asked: argparse.Namespace) -> int:
    """Serve; 1 where the configuration is at fault, 3 where a port or the journal cannot be had."""
    from router import logs
    from router.app import Options
    from router.ruleset import load_ruleset
    from router.tracing import tracing

    ruleset = usable(load_ruleset(asked.config, os.environ))
    current = [ruleset]

    def load() -> Loaded:
        loaded = load_ruleset(asked.config, os.environ)
        if loaded.ruleset is not None:
            current[0] = loaded.ruleset
        return loaded

    logs.configure(lambda text: current[0].redactor.text(text), as_json=asked.log_format == "json")
    path = ruleset.document.journal.path
    if path is None:
        raise Stop("the journal must be a file", AT_FAULT)
    spans = tracing(os.environ)
    options = Options(load=load, journal=path, observers=[spans] if spans else [])
    try:
        return start(ruleset, options, _started)
    finally:
        if spans:
            spans.close()


def usable(loaded: Loaded) -> Ruleset:
    """Return the ruleset; where there are errors, print all problems and end with 1."""
    from router.cli.output import colored
    from router.config.report import render

    if len(loaded.problems):
        print(render(loaded.problems, loaded.texts, color=colored(sys.stderr)), file=sys.stderr)
    if loaded.ruleset is None:
        raise Stop("not started: the configuration has errors (nothing was opened)", AT_FAULT)
    return loaded.ruleset


def start(ruleset: Ruleset, options: Options, started: Any) -> int:
    """Run the router in an event loop of its own, until SIGTERM or SIGINT."""
    from router.app import serve
    from router.errors import JournalError

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if await serve(ruleset, options, stop, started):
            sys.stdout.flush()
            os._exit(FINE)  # the journal is closed; an action that swallows its cancellation would be waited for

    try:
        asyncio.run(main())
    except JournalError as error:
        raise Stop(f"the journal {options.journal} cannot be used: {error}", UNREACHABLE) from None
    except OSError as error:
        raise Stop(f"cannot listen: {error}", UNREACHABLE) from None
    return FINE


async def _started(addresses: Addresses, running: Running) -> None:
    import logging

    from router.tasks import spawn

    log = logging.getLogger("router")
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: spawn(running.reloader.reload(), name="reload"))
    for source in running.live.ruleset.sources.values():
        log.info("source %s: POST %s%s", source.name, addresses.public, source.path)
    log.info("admin: %s", addresses.admin)
    log.info("ready: accepting events on %s", addresses.public)
