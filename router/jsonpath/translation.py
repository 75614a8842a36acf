"""From our tree to jsonpath-ng's, which evaluates it.

jsonpath-ng's own parser takes more than RFC 9535 and reserves words (`where`, `sub`), so its expressions are
built directly; what it lacks (`!(...)`, a limit on the work) is added as expressions of the same kind.
This module is imported when a path is compiled, not before.
"""

from __future__ import annotations

from typing import Any

from jsonpath_ng import Child, DatumInContext, Descendants, Fields, Index, JSONPath, Root, Slice, This, Wildcard
from jsonpath_ng.ext.filter import And, Expression, Filter, Or
from jsonpath_ng.ext.parser import parse

from router.jsonpath import query as our
from router.jsonpath.meter import Meter

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class _Metered(JSONPath):
    """Counts what the expression `left` is about to visit; `wide` ones visit every child of the value."""

    def __init__(self, left: JSONPath, meter: Meter, *, wide: bool) -> None:
        self.left = left  # the name under which jsonpath-ng looks for `$` inside an expression
        self.meter = meter
        self.wide = wide

    def find(self, data: Any) -> list[DatumInContext]:
        value = data.value if isinstance(data, DatumInContext) else data
        self.meter.spend(1 + len(value) if self.wide and isinstance(value, dict | list) else 1)
        found: list[DatumInContext] = self.left.find(data)
        return found


class _Not(JSONPath):
    """`!`, of any test."""

    def __init__(self, left: JSONPath) -> None:
        self.left = left

    def find(self, data: Any) -> list[DatumInContext]:
        return [] if self.left.find(data) else [DatumInContext.wrap(data)]


def translate(query: our.Query, meter: Meter) -> JSONPath:
    """Return jsonpath-ng's expression for a query."""
    found: JSONPath = This() if query.relative else Root()
    for step in query.steps:
        selector = _selector(step.selector, meter)
        if step.deep or not isinstance(step.selector, our.Name | our.Index):
            selector = _Metered(selector, meter, wide=True)
        found = Descendants(found, selector) if step.deep else Child(found, selector)
    return found


def _selector(selector: our.Name | our.Index | our.Slice | our.Wildcard | our.Filter, meter: Meter) -> JSONPath:
    match selector:
        case our.Name("*"):
            return parse("['*']")  # Fields("*") means every member
        case our.Name(name):
            return Fields(name)
        case our.Index(index):
            return Index(index)
        case our.Slice(start, end, step):
            # Slice() without bounds takes members of objects too, which RFC 9535 does not
            return Slice(start, end, 1 if step is None else step)
        case our.Filter(test):
            return Filter([_Metered(_test(test, meter), meter, wide=False)])
        case our.Wildcard():
            return Wildcard()


def _test(test: our.Test, meter: Meter) -> JSONPath:
    match test:
        case our.Comparison(our.Query() as left, operator, our.Literal(value)):
            return Expression(translate(left, meter), operator, value)
        case our.Comparison(our.Literal(value), operator, our.Query() as right):
            return Expression(translate(right, meter), _MIRRORED[operator], value)
        case our.Comparison(our.Query() as left, operator, our.Query() as right):
            return Expression(translate(left, meter), operator, translate(right, meter))
        case our.Exists(query):
            return Expression(translate(query, meter), None, None)
        case our.Not(inner):
            return _Not(_test(inner, meter))
        case our.And(tests):
            return And([_test(inner, meter) for inner in tests])
        case our.Or(tests):
            return Or([_test(inner, meter) for inner in tests])
        case our.Comparison():
            raise AssertionError("the grammar refuses comparisons of two constants")
