"""`router check`: every problem of a configuration at once, with its place."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE
from router.cli.options import add_config, add_json
from router.cli.output import colored, dump

if TYPE_CHECKING:
    from router.cli.check_connect import Reached
    from router.ruleset import Loaded


def add(commands: Any) -> None:
    """Add the command."""
    text = "find every problem of a configuration, with its place"
    command = commands.add_parser("check", help=text, description=text.capitalize() + ".")
    add_config(command, positional=True)
    add_json(command)
    command.add_argument(
        "--connect",
        action="store_true",
        help="reach destinations and journal too, and send nothing",
    )
    command.set_defaults(command=check)


def check(asked: argparse.Namespace) -> int:
    """Print the problems; 1 where one of them is an error, 3 where something was only not reached."""
    from router.ruleset import load_ruleset

    loaded = load_ruleset(asked.config, os.environ)
    if asked.connect and loaded.ruleset is not None:
        from router.cli.check_connect import run

        return run(loaded, lambda reached: _report(asked, loaded, reached))
    return _report(asked, loaded, None)


def _report(asked: argparse.Namespace, loaded: Loaded, reached: Reached | None) -> int:
    from router.config.report import as_json, render

    errors = len(loaded.problems.errors)
    code = _code(loaded, reached)
    if asked.json:
        told = reached.as_json() if reached is not None else {}
        print(dump({"ok": code == FINE, "problems": as_json(loaded.problems), **told}))
        return code
    if len(loaded.problems):
        print(render(loaded.problems, loaded.texts, color=colored(sys.stdout)))
        print()
    if reached is not None:
        print(reached.as_text(color=colored(sys.stdout)))
        print()
    warnings = len(loaded.problems) - errors
    if errors:
        print(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}")
        if asked.connect and reached is None:
            print("nothing was reached for: --connect needs a configuration without errors")
        return code
    ruleset = loaded.ruleset
    assert ruleset is not None  # noqa: S101 - there are no errors
    print(
        f"{asked.config} is fine: {_count(len(ruleset.sources), 'source')}, "
        f"{_count(len(ruleset.table.routes), 'route')}" + (f", {_count(warnings, 'warning')}" if warnings else "")
    )
    return code


def _code(loaded: Loaded, reached: Reached | None) -> int:
    """Return the exit code: what is wrong goes before what was not reached."""
    codes = {problem.code for problem in loaded.problems.errors}
    if not codes:
        return FINE
    return UNREACHABLE if reached is not None and codes == {reached.CODE} else AT_FAULT


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
