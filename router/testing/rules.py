"""The rules that tests are run on: compiled once for each set of variables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from router.config.made_up import made_up
from router.config.problem import Problems
from router.redaction import Redactor
from router.routing.action import RouteAction
from router.routing.shape import Struct
from router.ruleset import Ruleset, load_ruleset


@dataclass(frozen=True, slots=True)
class Known:
    """A ruleset, and the names that tests may use: `actions` by `route/action`.

    `redactor` hides its secrets, but not what stands in the `env` of the test.
    """

    ruleset: Ruleset = field(repr=False)
    redactor: Redactor = field(repr=False)
    routes: tuple[str, ...]
    actions: Mapping[str, RouteAction] = field(repr=False)

    def parameters(self, action: str) -> Collection[str]:
        """Return the names of the parameters that an action can have."""
        return Struct(self.actions[action].plugin.action.Params).fields.keys()


class Rules:
    """Loads a configuration, with what each test sets in `env`; variables that are not set are made up.

    What is wrong with the configuration is noted in `problems`.
    """

    def __init__(self, path: Path, environ: Mapping[str, str], problems: Problems) -> None:
        self._path = path
        self._environ = environ
        self._problems = problems
        self._known: dict[frozenset[tuple[str, str]], Known | None] = {}

    def of(self, env: Mapping[str, str]) -> Known | None:
        """Return the rules with these variables set; None where they have errors."""
        key = frozenset(env.items())
        if key not in self._known:
            self._known[key] = self._load(env)
        return self._known[key]

    def __iter__(self) -> Iterator[Ruleset]:
        return iter([known.ruleset for known in self._known.values() if known is not None])

    def _load(self, env: Mapping[str, str]) -> Known | None:
        loaded = load_ruleset(self._path, {**self._environ, **env}, made_up=made_up)
        if loaded.ruleset is None:
            self._problems.extend(loaded.problems)
            return None
        table = loaded.ruleset.table
        actions = {
            f"{route.name}/{action.name}": action
            for route in table.routes
            for action in (*route.actions, *route.otherwise)
        }
        redactor = loaded.ruleset.redactor.sparing(env.values())
        return Known(loaded.ruleset, redactor, tuple(route.name for route in table.routes), actions)
