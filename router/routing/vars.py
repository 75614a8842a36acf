"""Vars: values with a name, computed when they are used first, once an event."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from router.config.kept import Texts
from router.config.node import Mark, Node
from router.config.problem import Problems
from router.errors import RenderError
from router.routing.bounds import fresh_budget
from router.routing.builder import Builder, any_tree
from router.routing.names import CANNOT_NAME, identifier
from router.routing.parts import Part
from router.routing.sandbox import Lazy
from router.routing.values import OMIT


@dataclass(frozen=True, slots=True)
class Var:
    """A name, and how its value is made."""

    name: str
    part: Part


class LazyVar(Lazy):
    """The value of a var for one event; a failure is kept, and tells every use of it."""

    __slots__ = ("_error", "_names", "_value", "_var")

    def __init__(self, var: Var, names: dict[str, Any]) -> None:
        self._var = var
        self._names: dict[str, Any] | None = names
        self._value: Any = None
        self._error: RenderError | None = None

    def value(self) -> Any:
        """Return the value; null where it came to `omit`. Raises RenderError with its place and reason."""
        if self._names is not None:
            names, self._names = self._names, None
            try:
                with fresh_budget():
                    found = self._var.part.render(names)
                self._value = None if found is OMIT else found
            except RenderError as error:
                self._error = error
        if self._error is not None:
            raise RenderError(str(self._error))
        return self._value

    @property
    def used(self) -> bool:
        """Whether something asked for the value, so that it is known, or known to fail."""
        return self._names is None


def check_name(name: str, mark: Mark, problems: Problems) -> None:
    """Note a name that a var cannot have."""
    if name in CANNOT_NAME:
        problems.error("reserved-name", mark, f"`{name}` is a name of its own in templates: choose another name")
    elif not identifier(name):
        problems.error(
            "unusable-name", mark, f"`{name}` cannot be used in a template: letters, digits and `_` only"
        )


def compile_vars(
    vars_: Iterable[tuple[str, Mark, Node]], known: Collection[str], problems: Problems, files: Texts
) -> tuple[Var, ...]:
    """Compile vars in order: each may use `known` and those before it."""
    names, found = set(known), []
    for name, mark, node in vars_:
        check_name(name, mark, problems)
        found.append(Var(name, any_tree(Builder(names, problems, files), node, f"vars.{name}")))
        names.add(name)
    return tuple(found)


def bind(vars_: Iterable[Var], names: dict[str, Any]) -> dict[str, Any]:
    """Return the names with the vars added, to be computed on use; each knows those before it."""
    names = dict(names)
    for var in vars_:
        if var.name in names:  # those before it go on seeing what had the name until here
            names = {**names, var.name: LazyVar(var, names)}
        else:
            names[var.name] = LazyVar(var, names)
    return names
