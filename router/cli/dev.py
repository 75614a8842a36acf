"""`router dev`: the same as `run` with no account anywhere; shows each event's way in the terminal."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, Stop
from router.cli.options import add_config, dev_journal

if TYPE_CHECKING:
    from router.destinations import Destination
    from router.ruleset import Loaded, Ruleset
    from router.running import Addresses, Running

_LOCAL = "127.0.0.1"


def add(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser(
        "dev",
        help="try a configuration with no account anywhere, and see each event's way",
        description=(
            "Serve on this machine only. Unset secrets are made up, outgoing HTTP is captured and shown, "
            "effects in SQLite are real. Reloads when a file changes."
        ),
    )
    add_config(command, positional=True)
    command.add_argument(
        "--send", action="append", default=[], metavar="SOURCE/TYPE", help="post this sample event first"
    )
    command.add_argument(
        "--write",
        action="store_true",
        help="run statements for other databases than SQLite too, not only show them",
    )
    command.set_defaults(command=dev)


def dev(asked: argparse.Namespace) -> int:
    """Serve and show until Ctrl-C."""
    import logging

    from router import logs
    from router.cli.capture import Capture
    from router.cli.output import colored
    from router.cli.run import start, usable
    from router.cli.terminal import Terminal
    from router.config.made_up import made_up
    from router.config.report import render
    from router.lint import lint
    from router.ruleset import load_ruleset
    from router.running import Options

    def load() -> Loaded:
        loaded = load_ruleset(asked.config, os.environ, made_up=made_up)
        if loaded.ruleset is None:
            return loaded
        lint(loaded.ruleset, loaded.problems)
        if len(loaded.problems):
            _write(render(loaded.problems, loaded.texts, color=colored(sys.stdout)))
        local = _local(loaded.ruleset, write=asked.write)
        current[0] = local
        return replace(loaded, ruleset=local)

    current: list[Ruleset] = []
    first = load_ruleset(asked.config, os.environ, made_up=made_up)
    if first.ruleset is not None:
        lint(first.ruleset, first.problems)
    ruleset = _local(usable(first), write=asked.write)
    current.append(ruleset)
    journal = dev_journal(ruleset.document.journal.path)

    def clean(text: str) -> str:
        return current[0].redactor.text(text)

    logs.configure(clean, level=logging.WARNING)
    logging.getLogger("router.delivery.recorder").setLevel(logging.CRITICAL)  # the terminal shows each death
    logging.getLogger("router.ingress").setLevel(logging.CRITICAL)  # and each refusal
    capture = Capture()
    terminal = Terminal(
        explain=lambda event: current[0].explain(event),
        scheme=lambda source: current[0].sources[source].scheme.name,
        captured=capture.of,
        clean=clean,
        color=colored(sys.stdout),
        write=_write,
    )
    options = Options(
        load=load,
        journal=journal,
        session=capture.session,
        observers=[terminal],
        watch=0.3,
    )

    async def started(addresses: Addresses, running: Running) -> None:
        loop = asyncio.get_running_loop()
        from router.tasks import spawn

        loop.add_signal_handler(signal.SIGHUP, lambda: spawn(running.reloader.reload(), name="reload"))
        _introduce(asked, addresses, running)
        if asked.send:
            await _send(asked, addresses, running)

    code = start(ruleset, options, started)
    waiting = asyncio.run(_waiting(journal))
    _write("\nstopped" + (f"; {waiting} deliveries wait for the next start" if waiting else ""))
    return code


async def _waiting(journal: Path) -> int:
    from router.journal.reader import SqliteReader
    from router.model import DeliveryState

    reader = SqliteReader(journal)
    try:
        return (await reader.stats()).deliveries.get(DeliveryState.READY, 0)
    finally:
        await reader.close()


def _write(line: str) -> None:
    print(line, flush=True)


def _local(ruleset: Ruleset, *, write: bool) -> Ruleset:
    """Return the ruleset for this machine only: loopback, free ports, and actions that rehearse."""
    document = ruleset.document
    server = replace(document.server, host=_LOCAL, port=_free(document.server.port))
    admin = replace(document.admin, host=_LOCAL, port=_free(document.admin.port))
    destinations = {
        name: _rehearsing(destination, write=write) for name, destination in ruleset.destinations.items()
    }
    return replace(ruleset, document=replace(document, server=server, admin=admin), destinations=destinations)


def _rehearsing(destination: Destination, *, write: bool) -> Destination:
    from router.rehearsal import rehearsing

    return replace(destination, action=rehearsing(destination.action, write=write))


@cache  # asked again at a reload, when it is this process that listens
def _free(port: int) -> int:
    """Return the port, or 0 (any) where somebody listens on it already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOCAL, port))
        except OSError:
            return 0
    return port


def _introduce(asked: argparse.Namespace, addresses: Addresses, running: Running) -> None:
    ruleset = running.live.ruleset
    _write(f"router dev {asked.config}: outgoing HTTP is captured, not sent; SQLite is real; Ctrl-C ends it")
    if ruleset.document.made:
        _write(f"  made up   {', '.join(sorted(ruleset.document.made))} (unset; made from their names)")
    for source in ruleset.sources.values():
        _write(f"  post to   {addresses.public}{source.path}")
    if ruleset.document.server.port == 0:
        _write("            (another program has the port that the configuration names)")
    _write(f"  admin     {addresses.admin}/metrics, /healthz, /readyz")
    _write(f"  journal   {running.options.journal} (router events list --dev --config {asked.config})")
    for source in ruleset.sources.values():
        if source.provider:
            to = "" if addresses.public.endswith(":8080") else f" --to {addresses.public}"
            _write(f"  send one  router send {source.name}/TYPE --config {asked.config}{to}")


async def _send(asked: argparse.Namespace, addresses: Addresses, running: Running) -> None:
    import aiohttp

    from router.cli.send import fresh_id, payload_for, post

    async with aiohttp.ClientSession() as session:
        for event in asked.send:
            name, _, event_type = event.partition("/")
            source = running.live.sources.get(name)
            if source is None or not event_type:
                known = ", ".join(running.live.sources)
                raise Stop(f"--send {event}: write SOURCE/TYPE; the sources are {known}", AT_FAULT)
            message_id = fresh_id()
            payload = payload_for(source, event_type, None, [], message_id=message_id)
            await post(session, addresses.public, source, event_type, payload, message_id)
