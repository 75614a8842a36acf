"""Tells the fields that templates and conditions name and no sample has: mostly slips of the pen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches

from router.config.node import Mark
from router.config.problem import Problems
from router.lint.expression import Names, missing_in, shape_in, suspicious
from router.lint.lookup import Missing, meant, typo
from router.lint.view import View
from router.routing.parts import Each, Filled, ListOf, MapOf, Part, Written
from router.routing.template import Template
from router.routing.vars import Var


def names_of(view: View) -> Names:
    """Return what templates know of these samples."""
    return {"data": view.data, "payload": view.payload}


def with_vars(names: Names, vars_: Iterable[Var]) -> Names:
    """Return the names with vars added, by their definition where it can be followed."""
    known = dict(names)
    for var in vars_:
        known[var.name] = shape_in(var.part.template, known) if isinstance(var.part, Filled) else None
    return known


def scoped(part: Part, names: Names) -> Iterator[tuple[Template, Names]]:
    """Yield every template in a tree of parameters, with the names that it knows."""
    if isinstance(part, Filled | Written):
        yield part.template, names
    elif isinstance(part, Each):
        yield part.items, names
        items = shape_in(part.items, names)
        element = items.element if items is not None else None
        yield from scoped(part.part, {**names, part.name: element, "index": None})
    elif isinstance(part, ListOf):
        for inner in part.parts:
            yield from scoped(inner, names)
    elif isinstance(part, MapOf):
        for _, inner in part.entries:
            yield from scoped(inner, names)


def under_each(each: Template | None, names: Names) -> Names:
    """Return the names under a `for_each`."""
    if each is None:
        return names
    items = shape_in(each, names)
    return {**names, "item": items.element if items is not None else None, "index": None}


def check_template(template: Template, names: Names, view: View, vars_: Iterable[str], problems: Problems) -> None:
    """Note each member that a template names and no sample has."""
    if not view.events or not suspicious(template, names):
        return
    for missing in missing_in(template, names):
        if (said := told(missing, view, vars_)) is not None:
            problems.warning("unknown-field", _mark(template, missing), *said)


def told(
    missing: Missing, view: View, vars_: Iterable[str] = (), written: Callable[[str], str] = str
) -> tuple[str, str | None] | None:
    """Return the sentence and the hint about a missing member; None where it may well be there.

    `written` gives a path as it is written there.
    """
    near = _near(missing, view, vars_)
    if near is None and (missing.guarded or not view.complete):
        return None
    hint = f"did you mean `{written(near)}`?" if near else None
    owner = missing.owner
    if owner.is_mapping and missing.name.lstrip("-").isdigit():
        message = f"`{written(owner.path)}` is an object in every sample of {view.types}, not a list"
        return f"{message}: it has no element {missing.name}", hint
    if owner.kinds <= {"a text", "a number", "true or false", "a list"}:
        kind = " or ".join(sorted(owner.kinds))
        message = f"`{written(owner.path)}` is {kind} in every sample of {view.types}: it has no `{missing.name}`"
        return message, hint
    return f"no sample of {view.types} has `{written(missing.path)}`", hint


def _near(missing: Missing, view: View, vars_: Iterable[str]) -> str | None:
    if not view.complete:
        return typo(missing)
    if missing.guarded:
        folded = {known.lower(): known for known in missing.owner.members}
        found = get_close_matches(missing.name.lower(), folded, n=1, cutoff=0.85)
        return missing.owner.members[folded[found[0]]].path if found else None
    return meant(missing, (view.data, view.payload), vars_ if missing.owner is view.data else ())


def _mark(template: Template, missing: Missing) -> Mark:
    """Return the place of the missing name in the text."""
    source, name = template.source, re.escape(missing.name)
    path = re.escape(missing.path.removesuffix(missing.name)).replace(r"\[0\]", r"(?:\[[^\]]*\]|\.\d+)")
    chains = [chain for chain in template.chains if chain.endswith(f".{missing.name}")]
    owners = [path, *(re.escape(chain.removesuffix(missing.name)) for chain in chains)]
    ways = [rf"(?<![\w.]){owner}({name})" for owner in owners]
    for way in (*ways, rf"[.'\"\[]\s*({name})", rf"()({name})"):
        if (found := re.search(rf"{way}(?!\w)", source)) is not None:
            at = found.end() - len(missing.name)
            line = 1 + source.count("\n", 0, at)
            mark = template.place.spot(source, line, missing.name, at)
            if mark.length == len(missing.name):
                return mark
            whole = template.place.word(source, line, found[0])  # where the file writes the text with escapes
            if whole.length == len(found[0]):
                return Mark(
                    whole.file, whole.line, whole.column + len(found[0]) - len(missing.name), len(missing.name)
                )
    return template.place.word(source, 1, "")
