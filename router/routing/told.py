"""What an expression and a route had before them: the names that they use, with their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from router.errors import RenderError
from router.routing.reach import templates_of
from router.routing.sandbox import GLOBALS, Lazy
from router.routing.template import Template
from router.routing.vars import LazyVar, Var

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class IfVerdict:
    """How an `if` came out: `value` is what it came to, `error` why it failed.

    `names` are the dotted names that it uses, with their values, `missing` those that are not there.
    """

    text: str
    held: bool
    value: Any = None
    error: str | None = None
    names: tuple[tuple[str, Any], ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UsedVar:
    """A var that a route used: whose it is (`route`, `source` or `file`), and its value or why it failed."""

    name: str
    owner: str
    value: Any = None
    error: str | None = None


def told_if(condition: Template, names: Mapping[str, Any], held: bool, value: Any, error: str | None) -> IfVerdict:
    """Return an `if` as explained, once it was computed."""
    chains = [
        chain
        for chain in condition.chains
        if chain not in GLOBALS and not any(other.startswith(f"{chain}.") for other in condition.chains)
    ]
    found = {chain: _value_at(names, chain.split(".")) for chain in chains}
    return IfVerdict(
        condition.source.strip(),
        held,
        value,
        error,
        tuple((chain, value) for chain, value in found.items() if value is not _ABSENT),
        tuple(chain for chain, value in found.items() if value is _ABSENT),
    )


def used_vars(
    templates: Iterable[Template],
    owners: Mapping[str, Iterable[Var]],
    constants: Mapping[str, Any],
    names: Mapping[str, Any],
) -> tuple[UsedVar, ...]:
    """Return the vars that these templates used, those that their vars used too, in the order of their first use.

    `owners` are the vars by whose they are, the nearest first.
    """
    of_name: dict[str, tuple[str, Var]] = {}
    for owner, vars_ in owners.items():
        for var in vars_:
            of_name.setdefault(var.name, (owner, var))
    waiting = [name for template in templates for name in sorted(template.names)]
    found: dict[str, UsedVar | None] = {}
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found[name] = None
        if name in of_name:
            owner, var = of_name[name]
            found[name] = _used(name, owner, names.get(name))
            waiting.extend(inner for template in templates_of(var.part) for inner in sorted(template.names))
        elif name in constants:
            found[name] = UsedVar(name, "file", constants[name])
    return tuple(var for var in found.values() if var is not None)


def _used(name: str, owner: str, value: Any) -> UsedVar | None:
    if not isinstance(value, LazyVar) or not value.used:
        return None
    try:
        return UsedVar(name, owner, value.value())
    except RenderError as error:
        return UsedVar(name, owner, error=str(error))


def _value_at(names: Mapping[str, Any], steps: Iterable[str]) -> Any:
    """Follow a dotted name; a var is looked at only where it was computed already."""
    value: Any = names
    for step in steps:
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
            if isinstance(value, Lazy):
                value = value.value() if isinstance(value, LazyVar) and value.used else _ABSENT
        except (LookupError, TypeError, ValueError, RenderError):
            return _ABSENT
        if value is _ABSENT:
            return _ABSENT
    return value
