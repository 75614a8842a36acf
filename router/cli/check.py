"""`router check`: every problem of a configuration at once, with its place."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from router.cli.exit import AT_FAULT, FINE
from router.cli.options import add_config, add_json
from router.cli.output import colored, dump


def add(commands: Any) -> None:
    """Add the command."""
    text = "find every problem of a configuration, with its place"
    command = commands.add_parser("check", help=text, description=text.capitalize() + ".")
    add_config(command, positional=True)
    add_json(command)
    command.set_defaults(command=check)


def check(asked: argparse.Namespace) -> int:
    """Print the problems; 1 where one of them is an error."""
    from router.config.report import as_json, render
    from router.ruleset import load_ruleset

    loaded = load_ruleset(asked.config, os.environ)
    errors = len(loaded.problems.errors)
    if asked.json:
        print(dump({"ok": not errors, "problems": as_json(loaded.problems)}))
        return AT_FAULT if errors else FINE
    if len(loaded.problems):
        print(render(loaded.problems, loaded.texts, color=colored(sys.stdout)))
        print()
    warnings = len(loaded.problems) - errors
    if errors:
        print(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}")
        return AT_FAULT
    ruleset = loaded.ruleset
    assert ruleset is not None  # noqa: S101 - there are no errors
    print(
        f"{asked.config} is fine: {_count(len(ruleset.sources), 'source')}, "
        f"{_count(len(ruleset.table.routes), 'route')}" + (f", {_count(warnings, 'warning')}" if warnings else "")
    )
    return FINE


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
