"""One run of tests: found, read, selected, run, and brought up to date."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from router.cli.exit import AT_FAULT, USAGE, Stop
from router.cli.output import colored, dump
from router.config.files import shown
from router.config.problem import Problems
from router.config.report import as_json, render
from router.testing.case import Case
from router.testing.coverage import Coverage
from router.testing.discovery import NoFile, beside, config_of, holds_tests, named
from router.testing.outcome import Result
from router.testing.reading import read_tests
from router.testing.rules import Rules
from router.testing.runner import run
from router.testing.update import Updated, edits_of, update


@dataclass(frozen=True)
class Trial:
    """The tests of some files, all of them sound."""

    files: Sequence[Path]
    cases: Sequence[Case]
    rules: Rules

    def selected(self, word: str | None) -> list[Case]:
        """Return the tests with a word in their names, whatever its case, or, after `not `, those without it."""
        if word is None:
            return list(self.cases)
        wanted = word.removeprefix("not ").strip().casefold()
        unwanted = word.startswith("not ")
        return [case for case in self.cases if (wanted in case.name.casefold()) is not unwanted]

    def run(
        self, cases: Sequence[Case], show: Callable[[Result], None], *, first: bool
    ) -> tuple[list[Result], float]:
        """Run tests, up to the first failure if `first`; return the results, and the seconds of all."""
        results: list[Result] = []
        began = time.perf_counter()
        for case in cases:
            before = time.perf_counter()
            outcome = run(case)
            results.append(Result(outcome, time.perf_counter() - before))
            show(results[-1])
            if first and not outcome.passed:
                break
        return results, time.perf_counter() - began

    def update(self, cases: Sequence[Case]) -> Iterator[Updated]:
        """Write what comes out of the tests that fail into their files."""
        edits = edits_of(run(case) for case in cases)
        for path in self.files:
            if own := edits.get(shown(path)):
                yield update(path, shown(path), own)

    def coverage(self, results: Sequence[Result]) -> Coverage:
        """Return what the tests made happen of all that can."""
        found = Coverage()
        for ruleset in self.rules:
            found.know(ruleset)
        for result in results:
            found.add(result.outcome)
        return found


def files_of(config: Path, tests: Sequence[Path]) -> tuple[Path, list[Path]]:
    """Return the configuration and the files of tests.

    Where the first name is that of tests, the configuration is the one they stand beside.
    """
    if config.is_dir() or holds_tests(config):
        config, tests = config_of(config), [config, *tests]
    try:
        files = named(tests) if tests else beside(config)
    except NoFile as error:
        raise Stop(str(error), AT_FAULT) from None
    if not files and config.exists():
        own = config.with_name(f"{config.stem}.test.yaml")
        raise Stop(f"there are no tests: write `{own}`, or `tests/*.yaml` beside `{config}`", USAGE)
    return config, files


def read(config: Path, files: Sequence[Path], *, json: bool) -> Trial:
    """Read every test; mistakes in them, or in the configuration, are printed, and end the command."""
    problems = Problems()
    rules = Rules(config, os.environ, problems)
    if not files:
        rules.of({})
    cases = [case for file in files for case in read_tests(file, rules, problems)]
    if not problems.errors:
        if len(problems) and not json:
            print(render(problems, color=colored(sys.stdout)))
        return Trial(files, cases, rules)
    if json:
        print(dump({"ok": False, "problems": as_json(problems)}))
    else:
        number = len(problems.errors)
        print(render(problems, color=colored(sys.stdout)))
        print(f"{number} error{'' if number == 1 else 's'}: no test is run")
    raise Stop("", AT_FAULT)
