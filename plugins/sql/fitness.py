"""Compares a statement with its table: columns, their types, and what an upsert and a new row need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from router.plugin import Finding

from .check import near
from .failure import Misfit
from .tables import Target
from .written import Step, constants, literal

_NO_NUMBER = re.compile(r"[^\s0-9+\-.eE]")


def misfits(step: Step, target: Target, *, triggers: bool) -> Iterator[Finding]:
    """Yield what of the statement does not fit. `triggers` says that the table has some that may fill columns."""
    for part in ("values", "where"):
        for name in getattr(step, part):
            if name not in target.columns:
                yield _unknown(target, name, step.at(part, name))
    for name, value in constants(step.values):
        if value is None and name in target.columns and not target.columns[name].nullable:
            yield Finding(f"{target.columns[name].label} takes no null", step.at("values", name))
    yield from _types(step, target)
    for name in step.values:
        if name in target.columns and target.columns[name].computed:
            message = f"{target.columns[name].label} is computed by the database: leave it out"
            yield Finding(message, step.at("values", name), key=True)
    if step.verb == "upsert" and all(name in target.columns for name in step.key):
        try:
            target.need_unique(step.key)
        except Misfit as misfit:
            message, _, hint = misfit.reason.partition(": ")
            yield Finding(message, step.at("key"), hint=hint)
    if step.verb in ("upsert", "insert"):
        yield from _left_out(step, target, triggers=triggers)


def _unknown(target: Target, name: str, path: tuple[str | int, ...]) -> Finding:
    close = near(name, target.columns).removeprefix(": ")
    hint = close or "its columns: " + ", ".join(list(target.columns)[:50])
    return Finding(f"`{target.name}` has no column `{name}`", path, hint=hint, key=True)


def _types(step: Step, target: Target) -> Iterator[Finding]:
    for part in ("values", "where"):
        given = getattr(step, part)
        for name, value in constants(given):
            if name in target.columns:
                try:
                    target.columns[name].fit(value)
                except Misfit as misfit:
                    yield Finding(misfit.reason, step.at(part, name))
        for name, value in given.items():
            text, column = literal(value), target.columns.get(name)
            if text is not None and column is not None and column.numeric and _NO_NUMBER.search(text):
                message = (
                    f"{column.label} holds numbers, and this is always a text: `{text.strip()[:40]}` stands in it"
                )
                yield Finding(message, step.at(part, name))


def unfit(step: Step, target: Target, made: Sequence[tuple[str, Step]]) -> Iterator[Finding]:
    """Yield a warning for each template whose value a column does not take. `made` are sample events with the
    statement that they make; samples are ours, so that the sender's own events may be better.
    """
    for part in ("values", "where"):
        given = getattr(step, part)
        constant = {name for name, _ in constants(given)}
        for name in given:
            if name in constant or name not in target.columns:
                continue
            column = target.columns[name]
            said: dict[str, str] = {}
            asked = [(event, getattr(one, part)[name]) for event, one in made if name in getattr(one, part)]
            for event, value in asked:
                try:
                    column.fit(value)
                except Misfit as misfit:
                    said.setdefault(event, misfit.reason)
                if value is None and part == "values" and not column.nullable:
                    said.setdefault(event, f"{column.label} takes no null")
            if said:
                events, first = ", ".join(said), next(iter(said.values()))
                some = "every sample" if len(said) == len({event for event, _ in asked}) else "some samples"
                yield Finding(first, step.at(part, name), hint=f"so it is with {some} ({events})", warning=True)


def _left_out(step: Step, target: Target, *, triggers: bool) -> Iterator[Finding]:
    lacking = [name for name, column in target.columns.items() if not column.filled and name not in step.values]
    if not lacking:
        return
    names = ", ".join(f"`{name}`" for name in lacking)
    many = len(lacking) > 1
    message = (
        f"a new row of `{target.name}` needs {names}, which {'are' if many else 'is'} `not null` and "
        f"{'have' if many else 'has'} no default"
    )
    hint = "a trigger of the table may fill it" if triggers else "add it to `values`, or give the column a default"
    yield Finding(message, step.at("values"), hint=hint, warning=triggers, key=True)
