"""Tells what conditions name and no sample has, and what they compare with that no value of it can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from router.config.node import Mapping, Mark, Node, Sequence
from router.config.problem import Problems
from router.jsonpath import DottedPath, JsonPath, step_spans
from router.jsonpath.query import And, Filter, Index, Name, Not, Or, Query, Slice, Test, Wildcard
from router.jsonpath.query import Comparison as Compared
from router.jsonpath.query import Exists as Selected
from router.lint.fields import told
from router.lint.lookup import Missing, member
from router.lint.never import TEXTUAL
from router.lint.shape import Shape
from router.lint.view import View
from router.routing.condition_operator import ORDER, Check
from router.routing.condition_tree import Comparison, Condition, Group, Path
from router.routing.condition_value import written
from router.routing.values import called

_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True, slots=True)
class Selection:
    """What a path selects in the samples: `shapes` are None where that is unknown; a step that fails, its span."""

    shapes: tuple[Shape, ...] | None = None
    missing: Missing | None = None
    span: tuple[int, int] = (0, 0)
    on_object: Shape | None = None  #: a filter that tests the members of this object
    asked: str = ""  #: what that filter asks for


def comparisons(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions of a `where` that name a path."""
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from comparisons(part)
    else:
        yield condition


def check_condition(condition: Condition, node: Node, view: View, problems: Problems) -> None:
    """Note what is wrong with each path of a `where`, and with what it is compared with; `node` is its text."""
    if not view.events:
        return
    for one in comparisons(condition):
        (path,) = one.paths
        checks = one.checks if isinstance(one, Comparison) else ()
        found = select(path, view, guarded=_may_be_missing(checks))
        if found.on_object is not None:
            _tell_filter(path, found, one.place, problems)
        elif found.missing is not None:
            if (said := told(found.missing, view, (), partial(_as_written, path))) is not None:
                problems.warning("unknown-field", _inside(one.place, path.text, found.span), *said)
        elif found.shapes and view.complete:
            for check in checks:
                _check_type(path, check, found.shapes, view, _operand(node, one.place, check.name), problems)


def _may_be_missing(checks: tuple[Check, ...]) -> bool:
    return any(check.name in ("exists", "empty") or check.on_missing for check in checks)


def select(path: Path, view: View, *, guarded: bool = False) -> Selection:
    """Follow a path through the samples."""
    if isinstance(path, JsonPath):
        return Selection() if path.filters_root else _query(path.query, (view.payload,), guarded=guarded)
    roots = {"data": view.data, "payload": view.payload}
    if path.root not in roots:
        return Selection()
    return _dotted(path, roots[path.root], guarded=guarded)


def _dotted(path: DottedPath, root: Shape, *, guarded: bool) -> Selection:
    shapes: tuple[Shape, ...] = (root,)
    for step, span in zip(path.steps, step_spans(path.text), strict=True):
        name, index = step
        if step == (None, None):
            inner = _every(shapes)
        else:
            key = name if name is not None else index
            assert key is not None  # noqa: S101 - `*` is the only step that is neither
            inner, missing = _members(shapes, key, guarded=guarded)
            if missing is not None:
                return Selection(missing=missing, span=span)
        if inner is None:
            return Selection()
        shapes = inner
    return Selection(shapes)


def _members(
    shapes: tuple[Shape, ...], key: str | int, *, guarded: bool
) -> tuple[tuple[Shape, ...] | None, Missing | None]:
    """Return what is found below any of the places; what is missing only where it is missing below all."""
    found = [member(shape, key, guarded=guarded) for shape in shapes]
    there = tuple(one.shape for one in found if one.shape is not None)
    missing = [one.missing for one in found if one.missing is not None]
    if missing and len(missing) == len(found):
        return None, missing[0]
    return (there if len(there) + len(missing) == len(found) else None), None


def _every(shapes: tuple[Shape, ...]) -> tuple[Shape, ...] | None:
    found: list[Shape] = []
    for shape in shapes:
        if (inner := shape.every()) is None:
            return None
        found += inner
    return tuple(found) or None


def _query(query: Query, start: tuple[Shape, ...], *, guarded: bool) -> Selection:
    shapes, begin = start, 1
    for step in query.steps:
        span = (begin, step.end)
        begin = step.end
        if step.deep:
            return Selection()
        selector, inner = step.selector, None
        if isinstance(selector, Name | Index):
            key = selector.name if isinstance(selector, Name) else selector.index
            inner, missing = _members(shapes, key, guarded=guarded)
            if missing is not None:
                return Selection(missing=missing, span=span)
        elif isinstance(selector, Filter):
            if (asked := _on_object(selector, shapes)) is not None:
                return Selection(span=span, on_object=shapes[0], asked=asked)
            inner = _every(shapes)
            if inner is not None and (missing := _in_test(selector.test, inner, guarded=guarded)) is not None:
                return Selection(missing=missing, span=span)
        elif isinstance(selector, Wildcard):
            inner = _every(shapes)
        elif isinstance(selector, Slice):
            inner = tuple(shape.element for shape in shapes if shape.element is not None) or None
        if inner is None:
            return Selection()
        shapes = inner
    return Selection(shapes)


def _in_test(test: Test, shapes: tuple[Shape, ...], *, guarded: bool) -> Missing | None:
    """Return the member that a filter asks each element for, and none of them has in any sample."""
    for query in _queries(test):
        if query.relative:
            found = _query(query, shapes, guarded=guarded or isinstance(test, Selected | Not))
            if found.missing is not None:
                return found.missing
    return None


def _queries(test: Test) -> Iterator[Query]:
    if isinstance(test, And | Or):
        for inner in test.tests:
            yield from _queries(inner)
    elif isinstance(test, Not):
        yield from _queries(test.test)
    elif isinstance(test, Selected):
        yield test.query
    elif isinstance(test, Compared):
        yield from (side for side in (test.left, test.right) if isinstance(side, Query))


def _on_object(selector: Filter, shapes: tuple[Shape, ...]) -> str | None:
    """Return what a filter asks the members of an object for, where the object has it and none of them does."""
    if len(shapes) != 1 or not shapes[0].is_mapping or shapes[0].open:
        return None
    firsts = [query.steps[0].selector for query in _queries(selector.test) if query.relative and query.steps]
    names = [one.name for one in firsts if isinstance(one, Name)]
    members = shapes[0].members
    meant = names and all(name in members for name in names)
    return (
        names[0] if meant and not any(set(names) <= inner.members.keys() for inner in members.values()) else None
    )


def _tell_filter(path: Path, found: Selection, place: Mark, problems: Problems) -> None:
    owner = found.on_object
    assert owner is not None  # noqa: S101 - the caller looked
    problems.warning(
        "filter-on-object",
        _inside(place, path.text, found.span),
        f"this filter tests the members of `{_as_written(path, owner.path)}`, which is no list, and not itself: "
        "it selects nothing",
        f"compare its value by a path: `{owner.path.removeprefix('payload.')}.{found.asked}: value`",
    )


def _check_type(
    path: Path, check: Check, shapes: tuple[Shape, ...], view: View, place: Mark, problems: Problems
) -> None:
    """Note a comparison with another type than the value has in every sample."""
    if not all(shape.known for shape in shapes):
        return
    kinds = {kind for shape in shapes for kind in shape.kinds}
    wanted = _wanted(check)
    if not wanted or wanted & kinds:
        return
    there = " or ".join(sorted(kinds))
    never = "so it always holds" if check.forbids else "so it never holds"
    problems.warning(
        "other-type",
        place,
        f"`{path.text}` is {there} in every sample of {view.types}, never {' or '.join(sorted(wanted))}: {never}",
        _instead(path, check, kinds),
    )


def _operand(node: Node, place: Mark, operator: str) -> Mark:
    """Return the place of what a path, whose key stands at a place, is compared with by an operator."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Sequence):
            waiting.extend(one.items)
        elif isinstance(one, Mapping):
            for key, value in one.entries:
                if key.mark == place:
                    inner = value.get(operator) if isinstance(value, Mapping) else None
                    return (inner or value).mark
                waiting.append(value)
    return place


def _wanted(check: Check) -> set[str]:
    """Return the kinds of value that a check can hold for; empty where it is any."""
    if check.name in ("eq", "ne"):
        return {called(check.operand)} if check.operand is not None else set()
    if check.name in ("in", "not_in"):
        return {called(one) for one in check.operand} if None not in check.operand else set()
    if check.name in ORDER:
        return {called(check.operand)}
    if check.name in TEXTUAL:
        return {"a text"}
    return {"a text", "a list"} if check.name == "contains" else set()


def _instead(path: Path, check: Check, kinds: set[str]) -> str | None:
    operand = check.operand
    if kinds == {"a list"}:
        return f"for one of its elements write `{path.text}.*`" if isinstance(path, DottedPath) else None
    if check.name in ORDER and kinds == {"a text"} and isinstance(path, DottedPath):
        if not isinstance(operand, int | float):
            return None
        return f"for a number in a text write `if: {path.text} | number {_SIGNS[check.name]} {operand}`"
    if kinds == {"a text"} and check.name in ("eq", "ne") and not isinstance(operand, dict | list):
        return f'quote it: "{written(operand)}"'
    if isinstance(operand, str) and operand.lower() in ("true", "false") and kinds == {"true or false"}:
        return f"write {operand.lower()}, without quotes"
    if isinstance(operand, str) and operand.isdigit() and kinds == {"a number"}:
        return f"write {operand}, without quotes"
    return None


def _as_written(path: Path, found: str) -> str:
    """Return a path of the samples as a condition writes it."""
    if isinstance(path, DottedPath):
        return found.replace("[0]", ".*")
    root = "$.data" if found.startswith("data") else "$"
    return root + found.removeprefix("payload").removeprefix("data").replace("[0]", "[*]")


def _inside(place: Mark, text: str, span: tuple[int, int]) -> Mark:
    """Return the place of a part of a path, where the file holds the path as it is; else that of the path."""
    if place.length != len(text) and place.length != len(text) + 2:
        return place
    quote = (place.length - len(text)) // 2
    return Mark(place.file, place.line, place.column + quote + span[0], max(1, span[1] - span[0]))
