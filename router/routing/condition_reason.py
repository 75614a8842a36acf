"""Why a value failed a check, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from router.routing.condition_operator import ORDER, Check
from router.routing.condition_value import is_empty, is_number, named, written

SHOWN = 3
"""Values that a message lists."""


def why(check: Check, value: Any) -> str:
    """Return why the value failed the check."""
    if check.forbids:
        return f"is {named(value)}"
    if check.name in {"eq", "in"}:
        return _unequal(value, [check.operand] if check.name == "eq" else check.operand)
    if check.name in ORDER:
        return _unordered(check, value)
    if check.name == "contains":
        return _not_contained(check.operand, value)
    if check.name == "exists":
        return f"is {named(value)}"
    if check.name == "empty":
        return f"is {'null' if value is None else named(value)}" + (", not empty" if check.operand else "")
    return _text_failed(check, value)


def listed(values: list[Any]) -> str:
    """Return the values found, the first ones at least."""
    more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    return ", ".join(written(value) for value in values[:SHOWN]) + more


def near_miss(checks: Iterable[Check], values: list[Any]) -> str | None:
    """Return what is almost equal among several values: another type, case or blanks."""
    for check in checks:
        if check.name in {"eq", "in"}:
            for value in values:
                if near := _near(value, [check.operand] if check.name == "eq" else check.operand):
                    return f"one {near}"
    return None


def instead(checks: Iterable[Check], values: list[Any]) -> str:
    """Return what was probably to be written, where a value is equal but for its type, case or blanks."""
    for check in checks:
        if check.name in {"eq", "in"}:
            for constant in [check.operand] if check.name == "eq" else check.operand:
                for value in values:
                    if _near(value, [constant]) is not None:
                        return _rewritten(value, constant)
    return ""


def _rewritten(value: Any, constant: Any) -> str:
    if not (isinstance(value, str) and isinstance(constant, str)):
        how = "in quotes" if isinstance(value, str) else "without quotes"
        return f"write {how}: {written(value)}; texts are never equal to numbers, true, false or null"
    if value.strip() == constant.strip():
        return f"write it as the sender does: {written(value)}"
    # In a character class each sign stands for itself, also inside the double quotes of YAML.
    pattern = "".join(char if char.isalnum() or char in " _:/@-" else f"[{char}]" for char in constant.strip())
    plain = not set(constant) & set('"\\[]^')
    any_case = f'; for any case: {{matches: "(?i){pattern}"}}' if plain else ""
    return f"write it as the sender does: {written(value)}{any_case}"


def _unequal(value: Any, constants: list[Any]) -> str:
    if near := _near(value, constants):
        return near
    wanted = named(constants[0]) if len(constants) == 1 else f"one of {written(constants)}"
    hint = ""
    if isinstance(value, list) and not any(isinstance(constant, list) for constant in constants):
        hint = "; `.*` names its elements, `contains` looks for one"
    return f"is {named(value)}, not {wanted}{hint}"


def _near(value: Any, constants: list[Any]) -> str | None:
    for constant in constants:
        if isinstance(value, str) and isinstance(constant, str):
            if value.strip() == constant.strip():
                return f"is {named(value)}: it differs from {named(constant)} in blanks at the ends only"
            if value.strip().casefold() == constant.strip().casefold():
                return f"is {named(value)}: it differs from {named(constant)} in upper and lower case only"
        elif _spelled(value) is not None and _spelled(value) == _spelled(constant):
            return f"is {named(value)}, not {named(constant)}"
    return None


def _spelled(value: Any) -> str | None:
    """Return how a single value is spelled, so that `"18"` and 18, `"true"` and true can be told to look alike."""
    if isinstance(value, str):
        return value.strip().lower()
    if value is None or isinstance(value, bool | int):
        return "null" if value is None else str(value).lower()
    return f"{value:g}" if isinstance(value, float) else None


def _unordered(check: Check, value: Any) -> str:
    if is_number(value) == is_number(check.operand) and isinstance(value, str) == isinstance(check.operand, str):
        return f"is {named(value)}, which is not {ORDER[check.name][1]} {written(check.operand)}"
    wanted = "a number" if is_number(check.operand) else "a text"
    hint = "; for numbers that come as texts use `if` with the filter `number`" if isinstance(value, str) else ""
    return f"is {named(value)}, not {wanted}{hint}"


def _not_contained(operand: Any, value: Any) -> str:
    if isinstance(value, str):
        if not isinstance(operand, str):
            return f"is {named(value)}, and {named(operand)} is no part of a text"
        if operand.casefold() in value.casefold():
            return f"is {named(value)}: it contains `{operand}` in other upper and lower case only"
        return f"is {named(value)}, which does not contain {named(operand)}"
    if isinstance(value, list):
        for element in value:
            if near := _near(element, [operand]):
                return f"is {named(value)}: one element {near}"
        return f"is {named(value)}, and no element equals {named(operand)}"
    return f"is {named(value)}; `contains` looks into texts and lists"


def _text_failed(check: Check, value: Any) -> str:
    if not isinstance(value, str):
        return f"is {named(value)}, not a text"
    operand: str = check.operand
    verb = {
        "starts_with": "does not start with",
        "ends_with": "does not end with",
        "matches": "does not match, as a whole,",
        "search": "has no part that matches",
    }[check.name]
    said = f"is {named(value)}, which {verb} `{operand}`"
    if check.name in {"starts_with", "ends_with"}:
        folded, part = value.casefold(), operand.casefold()
        if folded.startswith(part) if check.name == "starts_with" else folded.endswith(part):
            return f"{said}: the upper and lower case differs"
    return said


def why_held(checks: Iterable[Check], value: Any) -> str:
    """Return what was found where a condition held."""
    if any(check.name == "empty" and check.operand for check in checks) and is_empty(value):
        return f"is empty ({named(value)})"
    return f"is {named(value)}"
