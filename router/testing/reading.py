"""A file of tests -> its tests, each mistake noted at its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from router.config import yaml
from router.config.fields import Fields, kind_of
from router.config.files import MAX_YAML, UnusableFile, read_text, shown
from router.config.node import Mapping as MappingNode
from router.config.node import Mark, Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean
from router.testing.captured import read_time
from router.testing.case import Case
from router.testing.expectation import read_expected
from router.testing.given import Setting, read_given
from router.testing.rules import Rules

DEFAULT_AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
"""When an event comes where its test says nothing: the moment that the samples were made for."""

_KEYS = ("tests", "env")


def read_tests(path: Path, rules: Rules, problems: Problems) -> list[Case]:
    """Return the tests of a file; those with mistakes are left out, and noted in `problems`."""
    name = shown(path)
    try:
        text = read_text(path, MAX_YAML)
    except UnusableFile as error:
        problems.error("unreadable-file", error.mark(name), f"`{name}` {error.reason}", error.hint)
        return []
    node = yaml.parse(text, name, problems)
    if not isinstance(node, MappingNode):
        if node is not None:
            problems.error("wrong-type", node, f"`{name}` must be a mapping with `tests`, not {kind_of(node)}")
        return []
    env = _env(node.get("env"), problems)
    for key, _ in node.entries:
        word = str(key.value)
        if word not in _KEYS and not word.startswith("x-"):
            problems.error("unknown-key", key, f"a file of tests has no key `{word}`", did_you_mean(word, _KEYS))
    tests = node.get("tests")
    if tests is None:
        problems.error("missing-key", node, f"`{name}` has no `tests`")
        return []
    if not isinstance(tests, Sequence):
        hint = "begin each test with `- `" if isinstance(tests, MappingNode) else None
        problems.error("wrong-type", tests, f"`tests` must be a list, not {kind_of(tests)}", hint)
        return []
    reader = _Reader(path, rules, env, problems)
    found = [reader.read(item, number) for number, item in enumerate(tests.items)]
    return [case for case in found if case is not None]


def is_test_file(path: Path) -> bool:
    """Tell whether a YAML file holds tests, by its top-level key; a broken one does if a line begins with it."""
    try:
        text = read_text(path, MAX_YAML)
    except UnusableFile:
        return False
    return any(line.startswith("tests:") for line in yaml.lines_of(text))


class _Reader:
    def __init__(self, path: Path, rules: Rules, env: Mapping[str, str], problems: Problems) -> None:
        self._path = path
        self._rules = rules
        self._env = env
        self._problems = problems
        self._first: dict[str, Mark] = {}

    def read(self, node: Node, number: int) -> Case | None:
        """Read one test; None where it has mistakes."""
        before = len(self._problems.errors)
        fields = Fields(node, self._problems, "a test")
        own = _env(fields.get("env"), self._problems)
        name = fields.text("name")
        if name:
            fields.what = f"the test `{name}`"
            self._check_name(name, fields.node.get("name") or node)
        known = self._rules.of({**self._env, **own})
        if known is None or not isinstance(node, MappingNode):
            return None
        at = read_time(fields, "at", self._problems)
        setting = Setting(self._path.parent, known.ruleset.sources, at or DEFAULT_AT, at is not None)
        given = read_given(fields, setting, self._problems)
        expected = read_expected(fields, known, self._problems)
        fields.finish()
        if given is None or len(self._problems.errors) > before:
            return None
        mark = (fields.node.get("name") or node).mark
        return Case(
            name or self._name(fields, given.source.name),
            shown(self._path),
            number,
            mark,
            known,
            given,
            expected,
        )

    def _check_name(self, name: str, node: Node) -> None:
        first = self._first.setdefault(name, node.mark)
        if first is not node.mark:
            message = f"the test `{name}` is defined at {first} as well"
            self._problems.error("duplicate-name", node, message, "give one of them another name")

    def _name(self, fields: Fields, source: str) -> str:
        """Return a name for a test that has none: what comes in, numbered where it comes again."""
        event = fields.node.get("event")
        base = event.value if isinstance(event, Scalar) and isinstance(event.value, str) else source
        name, count = base, 1
        while name in self._first:
            count += 1
            name = f"{base} {count}"
        self._first[name] = fields.node.mark
        return name


def _env(node: Node | None, problems: Problems) -> dict[str, str]:
    """Return variables that are set; a number is taken as it is written."""
    if node is None:
        return {}
    if not isinstance(node, MappingNode):
        problems.error("wrong-type", node, f"`env` must be a mapping of variables, not {kind_of(node)}")
        return {}
    found = {}
    for key, value in node.entries:
        if isinstance(value, Scalar) and value.value is not None:
            found[str(key.value)] = value.value if isinstance(value.value, str) else value.text
        else:
            message = f"the variable `{key.value}` must be a text, not {kind_of(value)}"
            problems.error("wrong-type", value, message)
    return found
