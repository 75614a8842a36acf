"""`router check`: every problem of a configuration at once, with its place."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, UNREACHABLE, USAGE, Stop
from router.cli.options import add_config
from router.cli.output import colored, dump

if TYPE_CHECKING:
    from router.cli.check_connect import Reached
    from router.ruleset import Loaded


def add(commands: Any) -> None:
    """Add the command."""
    text = "find every problem of a configuration, with its place"
    command = commands.add_parser("check", help=text, description=text.capitalize() + ".")
    add_config(command, positional=True)
    command.add_argument("--strict", action="store_true", help="end with 1 where there are warnings, too")
    command.add_argument(
        "--connect", action="store_true", help="reach destinations and journal too, and send nothing"
    )
    command.add_argument(
        "--made-up",
        action="store_true",
        help="make up the variables that are not set, as `router dev` does: for a check without secrets",
    )
    command.add_argument(
        "--format",
        choices=("text", "json", "github"),
        default="text",
        help="how to print the problems: for people, for scripts, or as annotations of a pull request on GitHub",
    )
    command.add_argument(
        "--json", action="store_const", const="json", dest="format", help="the same as --format json"
    )
    command.add_argument("--explain", metavar="CODE", help="print what a problem's code means, and nothing else")
    command.set_defaults(command=check)


def check(asked: argparse.Namespace) -> int:
    """Print the problems; 1 where one of them is an error, 3 where something was only not reached."""
    if asked.explain is not None:
        from router.cli.problem_page import explanation

        print(explanation(asked.explain, color=colored(sys.stdout)))
        return FINE
    if asked.connect and asked.made_up:
        raise Stop("--connect and --made-up do not go together: what is made up opens no door", USAGE)
    loaded = _load(asked)
    if asked.connect and loaded.ruleset is not None:
        from router.cli.check_connect import run

        return run(loaded, lambda reached: _report(asked, loaded, reached))
    return _report(asked, loaded, None)


def _load(asked: argparse.Namespace) -> Loaded:
    from router.config.made_up import made_up, made_up_journal
    from router.lint import lint
    from router.ruleset import load_ruleset

    if asked.made_up:
        loaded = load_ruleset(asked.config, os.environ, made_up=made_up, made_up_journal=made_up_journal)
    else:
        loaded = load_ruleset(asked.config, os.environ)
    if loaded.ruleset is not None:
        lint(loaded.ruleset, loaded.problems)
    return loaded


def _report(asked: argparse.Namespace, loaded: Loaded, reached: Reached | None) -> int:
    code = _code(asked, loaded, reached)
    _print_problems(asked.format, loaded, reached, ok=code == FINE)
    if asked.format != "json":
        if reached is not None:
            print(f"{reached.as_text(color=colored(sys.stdout))}\n")
        print(_summary(asked, loaded))
        if asked.connect and reached is None:
            print("nothing was reached for: --connect needs a configuration without errors")
    return code


def _code(asked: argparse.Namespace, loaded: Loaded, reached: Reached | None) -> int:
    """Return the exit code: what is wrong goes before what was not reached."""
    codes = {problem.code for problem in loaded.problems.errors}
    if not codes:
        return AT_FAULT if asked.strict and len(loaded.problems) else FINE
    return UNREACHABLE if reached is not None and codes == {reached.CODE} else AT_FAULT


def _print_problems(form: str, loaded: Loaded, reached: Reached | None, *, ok: bool) -> None:
    from router.config.report import as_github, as_json, render

    if form == "json":
        told = reached.as_json() if reached is not None else {}
        made = sorted(_made(loaded))
        print(dump({"ok": ok, "problems": as_json(loaded.problems), "made_up": made, **told}))
    elif len(loaded.problems) and form == "github":
        print(as_github(loaded.problems))
    elif len(loaded.problems):
        first = next(iter(loaded.problems))
        print(render(loaded.problems, loaded.texts, color=colored(sys.stdout)))
        print(f"more about a code: router check --explain {first.code}")


def _summary(asked: argparse.Namespace, loaded: Loaded) -> str:
    errors = len(loaded.problems.errors)
    warnings = len(loaded.problems) - errors
    made = f" ({_count(len(_made(loaded)), 'variable')} made up)" if _made(loaded) else ""
    if errors or (asked.strict and warnings):
        strict = "; with --strict a warning is an error" if not errors else ""
        return f"{_count(errors, 'error')}, {_count(warnings, 'warning')}{made}{strict}"
    ruleset = loaded.ruleset
    assert ruleset is not None  # noqa: S101 - there are no errors
    return (
        f"{asked.config} is fine: {_count(len(ruleset.sources), 'source')}, "
        f"{_count(len(ruleset.table.routes), 'route')}"
        + (f", {_count(warnings, 'warning')}" if warnings else "")
        + made
    )


def _made(loaded: Loaded) -> frozenset[str]:
    return frozenset() if loaded.document is None else loaded.document.made


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
