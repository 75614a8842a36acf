"""`router plugin`: the actions there are and where each comes from; an action to begin with."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from router.cli import plugin_new
from router.cli.exit import AT_FAULT, FINE
from router.cli.options import add_json
from router.cli.output import dump, table


def add(commands: Any) -> None:
    """Add the command group."""
    group = commands.add_parser("plugin", help="action plugins")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="the actions there are, and where each comes from")
    listing.add_argument(
        "--config",
        type=Path,
        metavar="ROUTES",
        help="with the plugins of this configuration (default: routes.yaml)",
    )
    add_json(listing)
    listing.set_defaults(command=list_plugins)
    plugin_new.add(verbs)


def list_plugins(asked: argparse.Namespace) -> int:
    """Print the actions; 1 where a plugin cannot be loaded."""
    from router.config.document import read_document
    from router.config.problem import Problems
    from router.registry import load_registry

    config = asked.config or Path("routes.yaml")
    folders: tuple[Path, ...] = ()
    if asked.config or config.exists():
        document = read_document(config, os.environ, Problems(), made_up=lambda name: name)
        folders = document.plugins if document else ()
    registry = load_registry(folders)
    found = sorted(registry.actions.values(), key=lambda one: one.name)
    if asked.json:
        print(
            dump(
                [
                    {"name": one.name, "version": one.version, "origin": one.origin, "about": _about(one.action)}
                    for one in found
                ]
            )
        )
    else:
        print(
            table(
                ("ACTION", "VERSION", "FROM", "ABOUT"),
                [(one.name, one.version, one.origin, _about(one.action)) for one in found],
            )
        )
    for fault in registry.faults:
        print(f"{fault.file}: {fault.message}", file=sys.stderr)
    return AT_FAULT if registry.faults else FINE


def _about(action: type) -> str:
    return (action.__doc__ or "").strip().split("\n")[0]
