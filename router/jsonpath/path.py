"""A compiled `$...` path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.jsonpath.grammar import parse
from router.jsonpath.query import Filter, Query

if TYPE_CHECKING:
    from jsonpath_ng import JSONPath

    from router.jsonpath.translation import Meter


class JsonPath:
    """A path from the payload's root, in the subset of RFC 9535 that LANGUAGE.md names.

    `text` is how it was written; `filtered` says that a step has a filter, `deep` that one has `..`,
    `filters_root` that the first step is a filter (it tests the members of the payload, not the payload).
    """

    __slots__ = ("_expression", "_meter", "deep", "filtered", "filters_root", "text")

    def __init__(self, text: str, query: Query, expression: JSONPath, meter: Meter) -> None:
        self.text = text
        self.filtered = any(isinstance(step.selector, Filter) for step in query.steps)
        self.deep = any(step.deep for step in query.steps)
        self.filters_root = (
            bool(query.steps) and isinstance(query.steps[0].selector, Filter) and not query.steps[0].deep
        )
        self._expression = expression
        self._meter = meter

    def select(self, payload: Any) -> list[Any]:
        """Return the selected values, in RFC 9535's order; nothing where the evaluation had to be given up."""
        return self.attempt(payload)[0]

    def attempt(self, payload: Any) -> tuple[list[Any], str | None]:
        """Return the selected values, and the reason if the evaluation had to be given up."""
        from router.jsonpath.translation import LIMIT, Exhausted

        self._meter.left = LIMIT
        try:
            return [found.value for found in self._expression.find(payload)], None
        except Exhausted:
            return [], f"the path was given up: it would visit more than {LIMIT:,} values of this payload"
        except Exception as error:  # whatever a payload does to jsonpath-ng, it does not stop the event
            return [], f"the path could not be evaluated on this payload ({type(error).__name__})"

    def __repr__(self) -> str:
        return f"JsonPath({self.text!r})"


def compile_path(text: str) -> JsonPath:
    """Return the path; raises PathError with the place and what is not supported there."""
    from router.jsonpath.translation import Meter, translate

    query = parse(text)
    meter = Meter()
    return JsonPath(text, query, translate(query, meter), meter)
