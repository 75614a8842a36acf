"""Sees a first configuration work before anybody gets it: it is read, and its tests learn what comes out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from router.config.made_up import made_up, made_up_journal
from router.config.problem import Problems
from router.config.report import render
from router.lint import lint
from router.ruleset import load_ruleset
from router.starting.draft import ROUTES, TESTS
from router.testing.reading import read_tests
from router.testing.rules import Rules
from router.testing.runner import run
from router.testing.update import edits_of, update


class Unsound(Exception):
    """What is wrong with files that were to be written: problems, as `router check` tells them."""


def proven(files: Mapping[str, str], beside: Path, plugins: Iterable[str] = ()) -> dict[str, str]:
    """Return the files with the expectations of their tests written.

    `plugins` are folders of `beside`, where the files will stand. Raises Unsound, OSError where no scratch
    folder can be made.
    """
    with tempfile.TemporaryDirectory(prefix="router-init-") as name:
        folder = Path(name).resolve()
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        for plugin in plugins:
            (folder / plugin).symlink_to((beside / plugin).resolve(), target_is_directory=True)
        _check(folder / ROUTES)
        return {**files, TESTS: _expected(folder)}


def _check(file: Path) -> None:
    loaded = load_ruleset(file, {}, made_up=made_up, made_up_journal=made_up_journal)
    if loaded.ruleset is not None:
        lint(loaded.ruleset, loaded.problems)
    if len(loaded.problems):
        raise Unsound(render(loaded.problems, loaded.texts))


def _expected(folder: Path) -> str:
    file = folder / TESTS
    problems = Problems()
    cases = read_tests(file, Rules(folder / ROUTES, {}, problems), problems)
    if problems.errors:
        raise Unsound(render(problems))
    for edits in edits_of(run(case) for case in cases).values():
        updated = update(file, TESTS, edits)
        if updated.fault is not None:
            raise Unsound(f"{TESTS}: {updated.fault}")
    return file.read_text(encoding="utf-8")
