"""The operators of a condition: what each wants to be compared with, and how it judges one value."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from router.config.fields import kind_of
from router.config.node import Mapping, Node, Scalar, Sequence, plain
from router.config.problem import Problems
from router.routing.condition_value import Predicate, equals, is_empty, is_number, one_of, same

ORDER: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "gt": (operator.gt, "greater than"),
    "gte": (operator.ge, "greater than or equal to"),
    "lt": (operator.lt, "less than"),
    "lte": (operator.le, "less than or equal to"),
}
OPERATORS = (
    *("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains"),
    *("starts_with", "ends_with", "matches", "search", "exists", "empty"),
)

_FLAGS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}


@dataclass(frozen=True, slots=True)
class Check:
    """One operator with its operand.

    `passes` judges one value. With `forbids` (`ne`, `not_in`) it names what none of the values may be;
    `on_missing` is the verdict where nothing is selected, `absent` says that something selected fails.
    """

    name: str
    operand: Any
    passes: Predicate
    forbids: bool = False
    on_missing: bool = False
    absent: bool = False


def read_check(name: str, node: Node, problems: Problems) -> Check | None:
    """Return the check that an operator (one of OPERATORS) and its operand make; notes what is wrong."""
    operand = plain(node)
    if name in {"eq", "ne", "contains"} and not _constant(name, node, problems):
        return None
    if name in {"eq", "ne"}:
        return Check(name, operand, equals(operand), forbids=name == "ne")
    if name in {"in", "not_in"}:
        return _membership(name, node, operand, problems)
    if name in ORDER:
        return _order(name, node, operand, problems)
    if name == "contains":
        return Check(name, operand, _contains(operand))
    if name in {"exists", "empty"}:
        return _presence(name, node, operand, problems)
    if not isinstance(operand, str):
        return _wrong(problems, node, f"`{name}` takes a text", "quote it" if isinstance(node, Scalar) else None)
    if name in {"matches", "search"}:
        return _pattern(name, node, operand, problems)
    if name == "starts_with":
        return Check(name, operand, lambda value: isinstance(value, str) and value.startswith(operand))
    return Check(name, operand, lambda value: isinstance(value, str) and value.endswith(operand))


def _wrong(problems: Problems, node: Node, message: str, hint: str | None = None) -> Check | None:
    problems.error("wrong-type", node, f"{message}, not {kind_of(node)}", hint)
    return None


def _constant(name: str, node: Node, problems: Problems) -> bool:
    if isinstance(node, Sequence):
        several = {"eq": "write `in`", "ne": "write `not_in`"}
        hint = several.get(name, "write one condition for each, in `any`")
        _wrong(problems, node, f"`{name}` takes one constant", f"for one of several {hint}")
        return False
    return _no_operators(node, f"`{name}` takes a constant, not an operator", problems)


def _no_operators(node: Node, message: str, problems: Problems) -> bool:
    if isinstance(node, Mapping) and set(node.keys()) & set(OPERATORS):
        problems.error("wrong-type", node, message, "write one condition for each, in `any`")
        return False
    return True


def _membership(name: str, node: Node, operand: Any, problems: Problems) -> Check | None:
    if not isinstance(node, Sequence):
        wanted = "eq" if name == "in" else "ne"
        return _wrong(problems, node, f"`{name}` takes a list", f"for one constant write `{wanted}`")
    if not node.items:
        problems.error(
            "empty-list",
            node,
            "a list of nothing: no value is one of these",
            "for a value that is an empty list write `empty: true`",
        )
        return None
    message = "an operator cannot stand in a list of constants"
    if not all(_no_operators(item, message, problems) for item in node.items):
        return None
    return Check(name, operand, one_of(operand), forbids=name == "not_in")


def _order(name: str, node: Node, operand: Any, problems: Problems) -> Check | None:
    compare = ORDER[name][0]
    if is_number(operand):
        return Check(name, operand, lambda value: is_number(value) and compare(value, operand))
    if not isinstance(operand, str):
        return _wrong(problems, node, f"`{name}` takes a number or a text")
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", operand):
        problems.warning(
            "text-number",
            node,
            f'`"{operand}"` is a text here, so `{name}` compares letter by letter',
            "leave the quotes out; for numbers that come as texts: `if: data.x | number > 100`",
        )
    return Check(name, operand, lambda value: isinstance(value, str) and compare(value, operand))


def _contains(operand: Any) -> Predicate:
    def passes(value: Any) -> bool:
        if isinstance(value, str):
            return isinstance(operand, str) and operand in value
        return isinstance(value, list) and any(same(element, operand) for element in value)

    return passes


def _presence(name: str, node: Node, operand: Any, problems: Problems) -> Check | None:
    if not isinstance(operand, bool):
        word = _FLAGS.get(str(operand).lower(), "true or false")
        return _wrong(problems, node, f"`{name}` takes true or false", f"write {word}, without quotes")
    if name == "exists":
        return Check(name, operand, lambda value: True, on_missing=not operand, absent=not operand)
    return Check(name, operand, is_empty if operand else lambda value: not is_empty(value), on_missing=operand)


def _pattern(name: str, node: Node, operand: str, problems: Problems) -> Check | None:
    import re2  # loaded only for files that use it

    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(operand, options)
    except re2.error as error:
        detail = error.args[0] if error.args else ""
        said = detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)
        hint = None
        if "(?" in said or "escape" in said:
            hint = "patterns are RE2: no lookahead, lookbehind or backreferences"
        elif operand.startswith("*"):
            hint = "in a pattern `.*` stands for anything; or compare with `ends_with`"
        problems.error("bad-pattern", node, f"`{operand}` is not a pattern: {said}", hint)
        return None
    if re.fullmatch(r"/.*/[gimsuy]*", operand):
        message = "the slashes are part of the pattern here, so it fits only texts that hold them"
        problems.warning("slashed-pattern", node, message, f"write {_bare_pattern(operand)}")
    look: Callable[[str], Any] = pattern.fullmatch if name == "matches" else pattern.search

    def passes(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            return look(value) is not None
        except UnicodeEncodeError:  # half of a character (a lone surrogate), which JSON can hold and RE2 cannot
            return look(value.encode("utf-8", "replace").decode()) is not None

    return Check(name, operand, passes)


def _bare_pattern(operand: str) -> str:
    """Return a pattern without the slashes around it, as it is written in YAML."""
    body, _, flags = operand[1:].rpartition("/")
    return "'" + ("(?i)" if "i" in flags else "") + body.replace("'", "''") + "'"
