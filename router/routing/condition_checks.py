"""Reads what a value is compared with: a constant, a list of them, or operators."""

from __future__ import annotations

from router.config.fields import left_out
from router.config.node import Mapping, Node, Scalar, Sequence, plain
from router.config.problem import Problems, did_you_mean
from router.routing.condition_operator import OPERATORS, Check, read_check
from router.routing.condition_value import written

_MEANT = {
    **dict.fromkeys(("equals", "equal", "is", "=", "=="), "eq"),
    **dict.fromkeys(("not", "not_equal", "not_equals", "!=", "neq", "is_not"), "ne"),
    **dict.fromkeys(("one_of", "any_of", "oneof"), "in"),
    **dict.fromkeys(("none_of", "nin", "notin"), "not_in"),
    **dict.fromkeys((">", "greater", "greater_than", "more_than", "over", "above", "after"), "gt"),
    **dict.fromkeys((">=", "ge", "min"), "gte"),
    **dict.fromkeys(("<", "less", "less_than", "under", "below", "before"), "lt"),
    **dict.fromkeys(("<=", "le", "max"), "lte"),
    **dict.fromkeys(("contain", "includes", "has", "like"), "contains"),
    **dict.fromkeys(("startswith", "prefix"), "starts_with"),
    **dict.fromkeys(("endswith", "suffix"), "ends_with"),
    **dict.fromkeys(("regex", "regexp", "pattern", "match"), "matches"),
    **dict.fromkeys(("present", "defined"), "exists"),
}
_INSTEAD = {
    **dict.fromkeys(
        ("is_null", "null", "isnull"), "write `{0}: null`; where it may be missing too, `empty: true`"
    ),
    **dict.fromkeys(("not_null", "is_not_null"), "write `ne: null`"),
    **dict.fromkeys(("between", "range"), "write both: `{{gte: 1, lte: 9}}`"),
    **dict.fromkeys(("missing", "absent", "not_exists"), "write `exists: false`"),
    **dict.fromkeys(("not_empty", "is_not_empty"), "write `empty: false`"),
}


def read_checks(name: str, value: Node, problems: Problems) -> tuple[Check, ...] | None:
    """Return the checks that a value makes; `name` is its path; None where a mistake was noted."""
    templates = [scalar for scalar in _scalars(value) if is_template(scalar, problems)]
    if templates:
        return None
    if isinstance(value, Scalar):
        found = [read_check("eq", value, problems)]
    elif isinstance(value, Sequence):
        found = [read_check("in", value, problems)]
    elif not value.entries:
        problems.error(
            "empty-where", value, f"`{name}` is compared with nothing", "for an empty object write `empty: true`"
        )
        return None
    else:
        found = [_operator(name, key, operand, problems) for key, operand in value.entries]
    checks = tuple(check for check in found if check is not None)
    if len(checks) < len(found):
        return None
    if len(checks) > 1 and any(check.absent for check in checks):
        others = [key for key, _ in value.entries if key.value != "exists"] if isinstance(value, Mapping) else []
        problems.error(
            "contradiction",
            others[0] if others else value,
            "`exists: false` holds where nothing is there: nothing else can hold",
            "leave the other operators out",
        )
        return None
    return checks


def _operator(path: str, key: Scalar, operand: Node, problems: Problems) -> Check | None:
    name = str(key.value)
    if name in OPERATORS:
        return read_check(name, operand, problems) if not left_out(operand) else None
    if name in {"any", "none"}:
        hint: str | None = f"`{name}` stands beside paths, not under one"
    elif name in _INSTEAD:
        hint = _INSTEAD[name].format(path)
    else:
        hint = f"did you mean `{_MEANT[name]}`?" if name in _MEANT else did_you_mean(name, OPERATORS)
    problems.error(
        "unknown-operator",
        key,
        f"`{name}` is not an operator",
        hint or f"a member of the value is `{path}.{name}`; the operators are {', '.join(OPERATORS)}",
    )
    return None


def _scalars(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Sequence):
        return [scalar for item in node.items for scalar in _scalars(item)]
    return [scalar for key, value in node.entries for scalar in (key, *_scalars(value))]


def is_template(node: Scalar, problems: Problems) -> bool:
    """Whether a scalar holds a template, which is noted as a mistake."""
    if isinstance(node.value, str) and ("{{" in node.value or "{%" in node.value):
        problems.error(
            "template-in-where",
            node,
            "a `where` compares with constants; it holds no `{{ }}`",
            "for what conditions cannot say use `if`",
        )
        return True
    return False


def expectation(value: Node) -> str:
    """Return what a value is compared with, in short."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key.value}: {written(plain(operand))}" for key, operand in value.entries) + "}"
    return written(plain(value))
