"""`router test`: what the routes make of events, compared with what is expected; no network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from router.cli.exit import AT_FAULT, FINE, USAGE, Stop
from router.cli.options import add_config, add_json

if TYPE_CHECKING:
    from router.cli.trial import Trial
    from router.cli.trial_report import Printer
    from router.testing.coverage import Coverage
    from router.testing.outcome import Result

_ABOUT = """Run the tests of routes. Each event is signed, verified and planned as a real one, and nothing is sent;
variables that are not set are made up. Tests stand in routes.test.yaml beside routes.yaml, and in tests/*.yaml."""


def add(commands: Any) -> None:
    """Add the command."""
    text = "try the routes on events, and compare what would be sent"
    command = commands.add_parser("test", help=text, description=_ABOUT)
    add_config(command, positional=True)
    command.add_argument(
        "tests", nargs="*", type=Path, metavar="TESTS", help="files, folders or globs, instead of those beside it"
    )
    option = command.add_argument
    option("-k", metavar="WORD", dest="word", help="only tests with this in their name, or `not WORD`")
    option("-x", action="store_true", dest="first", help="stop at the first failure")
    option("-v", action="store_true", dest="verbose", help="show what came of each test")
    option("-q", action="store_true", dest="quiet", help="a dot a test")
    option("--update", action="store_true", help="write what came out into the `expect` of tests that fail")
    option("--junit", type=Path, metavar="FILE", help="write a report in JUnit's XML")
    option("--cov-fail-under", type=_percent, metavar="PERCENT", dest="least", help="fail where less is covered")
    add_json(command)
    command.set_defaults(command=test)


def test(asked: argparse.Namespace) -> int:
    """Run the tests; 1 where one fails or is faulty, 2 where there are none to run."""
    from router.cli.output import colored
    from router.cli.trial import files_of, read
    from router.cli.trial_report import Printer

    style = "whole" if asked.verbose else "dots" if asked.quiet else "lines"
    printer = Printer(color=colored(sys.stdout), style=style, write=_nothing if asked.json else print)
    config, files = files_of(asked.config, asked.tests)
    trial = read(config, files, json=asked.json)
    selected = trial.selected(asked.word)
    if not selected:
        raise Stop(f"no test has `{asked.word}` in its name" if asked.word else "the files hold no test", USAGE)
    updated: list[dict[str, Any]] = []
    if asked.update:
        updated = _update(trial, asked.word, printer)
        trial = read(config, files, json=asked.json)
        selected = trial.selected(asked.word)
    results, seconds = trial.run(selected, printer.result, first=asked.first)
    printer.failures(results)
    coverage = trial.coverage(results)
    if asked.junit is not None:
        _write_junit(asked.junit, results)
    code = FINE if all(result.outcome.passed for result in results) else AT_FAULT
    if asked.least is not None and coverage.percent < asked.least:
        code = AT_FAULT
    if any(one["fault"] for one in updated):
        code = AT_FAULT
    if asked.json:
        _print_json(results, coverage, len(selected) - len(results), seconds, updated, ok=code == FINE)
    else:
        _end(asked, trial, results, coverage, len(selected), seconds, printer)
    return code


def _end(
    asked: argparse.Namespace,
    trial: Trial,
    results: list[Result],
    coverage: Coverage,
    selected: int,
    seconds: float,
    printer: Printer,
) -> None:
    """Print coverage, where all tests ran or it is asked for, and the summary."""
    from router.cli.trial_coverage import covered, shown
    from router.cli.trial_report import summary

    whole = len(results) == len(trial.cases)
    print()
    if whole or asked.least is not None:
        for line in covered(coverage, printer.paint, whole=asked.verbose):
            print(line)
        print()
    if asked.least is not None and coverage.percent < asked.least:
        print(f"{shown(coverage.percent)}% is covered, and {asked.least:g}% is asked for")
    print(summary(results, selected - len(results), len(trial.cases) - selected, seconds, printer.paint))


def _update(trial: Trial, word: str | None, printer: Printer) -> list[dict[str, Any]]:
    """Write what came out into the files; return for each file what was done."""
    from router.cli.value_diff import changed_file

    told = []
    for one in trial.update(trial.selected(word)):
        told.append({"file": one.file, "fault": one.fault})
        if one.fault is not None:
            print(f"{one.file} is not changed: {one.fault}", file=sys.stderr)
            continue
        for line in changed_file(one.file, one.before, one.after, printer.paint):
            printer.write(line)
        printer.write("")
    return told


def _write_junit(path: Path, results: list[Result]) -> None:
    from router.cli.trial_junit import junit
    from router.cli.trial_report import failure_text
    from router.running import utc_now

    raw = junit(results, [failure_text(result) for result in results], utc_now())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror}", AT_FAULT) from None


def _print_json(
    results: list[Result],
    coverage: Coverage,
    left_out: int,
    seconds: float,
    updated: list[dict[str, Any]],
    *,
    ok: bool,
) -> None:
    from router.cli.output import dump
    from router.cli.trial_coverage import as_json as covered_json
    from router.cli.trial_report import as_json

    failed = sum(not result.outcome.passed for result in results)
    print(
        dump(
            {
                "ok": ok,
                "passed": len(results) - failed,
                "failed": failed,
                "not_run": left_out,
                "seconds": round(seconds, 3),
                "tests": [as_json(result) for result in results],
                "coverage": covered_json(coverage),
                **({"updated": updated} if updated else {}),
            }
        )
    )


def _percent(text: str) -> float:
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"`{text}` is no percentage from 0 to 100")
    return number


def _nothing(_line: str) -> None:
    pass
