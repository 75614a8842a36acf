"""Compiles a `where`: reads its mappings and lists, and notes every mistake at its place."""

from __future__ import annotations

from router.config.fields import kind_of, left_out
from router.config.node import Mapping, Node, Scalar, Sequence
from router.config.problem import Problems
from router.jsonpath import ROOTS, JsonPath
from router.routing.condition_checks import expectation, is_template, read_checks
from router.routing.condition_path import EVENT_NAMES, GROUPS, as_condition, read_path
from router.routing.condition_result import ConditionResult
from router.routing.condition_tree import Comparison, Condition, Group, Selection

__all__ = ["EVENT_NAMES", "Condition", "ConditionResult", "compile_where"]


def compile_where(node: Node, problems: Problems) -> Condition | None:
    """Return the condition that a `where` states; None where a mistake was noted."""
    if isinstance(node, Mapping):
        return _mapping(node, problems, "`where`")
    if isinstance(node, Sequence):
        return _list("all", node, problems, "`where`")
    if not left_out(node):
        hint = (
            f"make it a list: `- {node.value}`"
            if str(node.value).startswith("$")
            else as_condition(str(node.value))
        )
        message = f"`where` must be a mapping or a list of mappings, not {kind_of(node)}"
        problems.error("wrong-type", node, message, hint or "for an expression use `if`")
    return None


def _list(kind: str, node: Sequence, problems: Problems, what: str) -> Condition | None:
    if not node.items:
        problems.error("empty-where", node, f"{what} is empty", "leave it out, or write a condition")
    parts = [_item(item, problems, what) for item in node.items]
    good = tuple(part for part in parts if part is not None)
    if not good or len(good) < len(parts):
        return None
    return good[0] if kind == "all" and len(good) == 1 else Group(kind, good, node.mark)


def _item(node: Node, problems: Problems, what: str) -> Condition | None:
    if isinstance(node, Mapping):
        return _mapping(node, problems, f"this item of {what}")
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _bare(node, node.value, problems)
    if not left_out(node):
        message = f"an item of {what} is a mapping or a JSONPath with a filter, not {kind_of(node)}"
        problems.error("wrong-type", node, message, "write `- data.x: value`")
    return None


def _bare(node: Scalar, text: str, problems: Problems) -> Condition | None:
    if is_template(node, problems):
        return None
    exists = as_condition(text) or f"write `{text}: {{exists: true}}`, or compare its value"
    if not text.startswith("$"):
        hint = exists if text.split(".")[0] in ROOTS else "write `- data.x: value`; for an expression use `if`"
        problems.error("bare-path", node, "only a JSONPath with a filter can stand alone", hint)
        return None
    path = read_path(node, text, problems)
    if isinstance(path, JsonPath):
        if path.filtered:
            return Selection(path, node.mark)
        problems.error("bare-path", node, "a JSONPath without a filter cannot stand alone", exists)
    return None


def _mapping(node: Mapping, problems: Problems, what: str) -> Condition | None:
    if not node.entries:
        problems.error("empty-where", node, f"{what} is empty", "leave it out, or write a condition")
        return None
    parts = [_entry(key, value, problems) for key, value in node.entries]
    good = tuple(part for part in parts if part is not None)
    if len(good) < len(parts):
        return None
    return good[0] if len(good) == 1 else Group("all", good, node.mark)


def _entry(key: Scalar, value: Node, problems: Problems) -> Condition | None:
    name = str(key.value)
    if name in {"any", "none"}:
        if isinstance(value, Sequence):
            return _list(name, value, problems, f"`{name}`")
        if not left_out(value):
            message = f"`{name}` takes a list of conditions, not {kind_of(value)}"
            problems.error("wrong-type", value, message, "write each condition with a `-` before it")
        return None
    if is_template(key, problems):
        return None
    path = read_path(key, name, problems)
    if path is None and name in GROUPS:
        return None  # what stands below are conditions
    checks = read_checks(name, value, problems)
    if path is None or checks is None:
        return None
    return Comparison(path, checks, expectation(value), key.mark)
