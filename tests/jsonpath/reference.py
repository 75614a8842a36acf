"""A small evaluator of our query trees, written from RFC 9535 alone, to compare with."""

from __future__ import annotations

from typing import Any

from router.jsonpath import query as q

_NOTHING = object()


def evaluate(query: q.Query, root: Any, current: Any = None) -> list[Any]:
    """Return the nodelist's values (RFC 9535, section 2.1.2)."""
    nodes = [current if query.relative else root]
    for step in query.steps:
        sources = [inner for node in nodes for inner in _self_and_inside(node)] if step.deep else nodes
        nodes = [found for node in sources for found in _children(step.selector, node, root)]
    return nodes


def _self_and_inside(node: Any) -> list[Any]:
    children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    return [node] + [inner for child in children for inner in _self_and_inside(child)]


def _children(selector: Any, node: Any, root: Any) -> list[Any]:
    every = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    if isinstance(selector, q.Wildcard):
        return every
    if isinstance(selector, q.Filter):
        return [child for child in every if _holds(selector.test, root, child)]
    if isinstance(selector, q.Name):
        return [node[selector.name]] if isinstance(node, dict) and selector.name in node else []
    if not isinstance(node, list):
        return []
    if isinstance(selector, q.Index):
        at = selector.index if selector.index >= 0 else selector.index + len(node)
        return [node[at]] if 0 <= at < len(node) else []
    return [node[at] for at in _slice(selector, len(node))]


def _slice(selector: q.Slice, length: int) -> list[int]:
    """RFC 9535, section 2.3.4.2.2."""
    step = 1 if selector.step is None else selector.step
    if step == 0:
        return []
    start = (0 if step > 0 else length - 1) if selector.start is None else selector.start
    end = (length if step > 0 else -length - 1) if selector.end is None else selector.end
    start = start if start >= 0 else length + start
    end = end if end >= 0 else length + end
    if step > 0:
        return list(range(min(max(start, 0), length), min(max(end, 0), length), step))
    return list(range(min(max(start, -1), length - 1), min(max(end, -1), length - 1), step))


def _holds(test: q.Test, root: Any, current: Any) -> bool:
    if isinstance(test, q.Exists):
        return bool(evaluate(test.query, root, current))
    if isinstance(test, q.Not):
        return not _holds(test.test, root, current)
    if isinstance(test, q.And):
        return all(_holds(inner, root, current) for inner in test.tests)
    if isinstance(test, q.Or):
        return any(_holds(inner, root, current) for inner in test.tests)
    left, right = (_operand(side, root, current) for side in (test.left, test.right))
    match test.operator:
        case "==":
            return _same(left, right)
        case "!=":
            return not _same(left, right)
        case "<":
            return _less(left, right)
        case ">":
            return _less(right, left)
        case "<=":
            return _less(left, right) or _same(left, right)
        case _:
            return _less(right, left) or _same(left, right)


def _operand(side: q.Query | q.Literal, root: Any, current: Any) -> Any:
    if isinstance(side, q.Literal):
        return side.value
    found = evaluate(side, root, current)
    return found[0] if found else _NOTHING


def _kind(value: Any) -> str:
    if value is _NOTHING or value is None or isinstance(value, bool):
        return repr(value)
    return "number" if isinstance(value, int | float) else type(value).__name__


def _same(left: Any, right: Any) -> bool:
    if _kind(left) != _kind(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return bool(left == right)


def _less(left: Any, right: Any) -> bool:
    kinds = {_kind(left), _kind(right)}
    return kinds in ({"number"}, {"str"}) and left < right
