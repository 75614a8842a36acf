"""`router run`: serves until SIGTERM, then drains; SIGHUP and a changed file reload."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE, Stop
from router.cli.options import add_config

if TYPE_CHECKING:
    from router.ruleset import Loaded, Ruleset
    from router.running import Addresses, Options, Running


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
    from router.ruleset import load_ruleset
    from router.running import Options
    from router.tracing import tracing

    ruleset = usable(load_ruleset(asked.config, os.environ))
    current = [ruleset]  # and the one before it: what is under way may still tell of its secrets

    def load() -> Loaded:
        loaded = load_ruleset(asked.config, os.environ)
        if loaded.ruleset is not None:
            current[:] = [loaded.ruleset, *current[:1]]
        return loaded

    def clean(text: str) -> str:
        for one in tuple(current):
            text = one.redactor.text(text)
        return text

    logs.configure(clean, as_json=asked.log_format == "json")
    journal = ruleset.document.journal
    spans = tracing(os.environ)
    options = Options(load=load, journal=journal.path or journal.url, observers=[spans] if spans else [])
    return start(ruleset, options, _started, last=spans.close if spans else None)


def usable(loaded: Loaded) -> Ruleset:
    """Return the ruleset; where there are errors, print all problems and end with 1."""
    from router.cli.output import colored
    from router.config.report import render

    if len(loaded.problems):
        print(render(loaded.problems, loaded.texts, color=colored(sys.stderr)), file=sys.stderr)
    if loaded.ruleset is None:
        raise Stop("not started: the configuration has errors (nothing was opened)", AT_FAULT)
    return loaded.ruleset


def start(ruleset: Ruleset, options: Options, started: Any, last: Callable[[], None] | None = None) -> int:
    """Run the router in an event loop of its own, until SIGTERM or SIGINT; `last` is called at the end."""
    from router.app import serve
    from router.cli.ending import Leftovers
    from router.errors import JournalError
    from router.journal.opening import shown

    async def main() -> None:
        leftovers = Leftovers()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(
            signal.SIGHUP, lambda: None
        )  # `started` says what it does; before, it must not kill
        try:
            stuck = await serve(ruleset, options, stop, started)
        finally:
            if last is not None:
                await asyncio.to_thread(last)
        left = await leftovers.found()
        if left:
            logging.getLogger("router").warning("left running: %s", ", ".join(left))
        if stuck or left:
            # The journal is closed, so nothing is lost; both the loop and the interpreter would wait for ever.
            with contextlib.suppress(OSError):
                sys.stdout.flush()
            os._exit(FINE)

    _spare_the_collector()
    _allow_many_connections()
    try:
        with asyncio.Runner() as runner:
            _complete(runner, main())
    except JournalError as error:
        name, why = shown(options.journal), str(error)
        raise Stop(why if name in why else f"the journal {name} cannot be used: {why}", UNREACHABLE) from None
    except OSError as error:
        raise Stop(f"cannot listen: {error}", UNREACHABLE) from None
    return FINE


def _spare_the_collector() -> None:
    """Keep Python's collector of cycles away from modules and rules, and from running every few requests.

    With its defaults it took a sixth of the time under load, and stopped the loop for 80 ms at a time.
    """
    gc.collect()
    gc.freeze()  # what is there now stays until the end
    gc.set_threshold(10_000, 20, 20)


def _allow_many_connections() -> None:
    """Take all the open files that the system grants: its usual 1,024 are soon held by idle connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(OSError, ValueError):  # macOS grants less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _complete(runner: asyncio.Runner, main: Coroutine[Any, Any, None]) -> None:
    """Run to the end of `main`, though a task that an action has started may call `sys.exit` meanwhile."""
    loop = runner.get_loop()
    task = loop.create_task(main)
    while True:
        try:
            return loop.run_until_complete(task)
        except (SystemExit, KeyboardInterrupt) as error:
            if task.done():
                raise
            logging.getLogger("router").error("a task of an action raised %s; going on", type(error).__name__)


async def _started(addresses: Addresses, running: Running) -> None:
    from router.tasks import spawn

    log = logging.getLogger("router")
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, lambda: spawn(running.reloader.reload(), name="reload"))
    for source in running.live.ruleset.sources.values():
        log.info("source %s: POST %s%s", source.name, addresses.public, source.path)
    log.info("admin: %s", addresses.admin)
    log.info("ready: accepting events on %s", addresses.public)
