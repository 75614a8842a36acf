"""A compiled `$...` path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.jsonpath.grammar import parse
from router.jsonpath.meter import LIMIT, Exhausted, Meter
from router.jsonpath.query import Filter, Index, Name, Query
from router.jsonpath.reach import Reach
from router.jsonpath.tested import tested

if TYPE_CHECKING:
    from jsonpath_ng import JSONPath


class JsonPath:
    """A path from the payload's root, in the subset of RFC 9535 that is supported.

    `text` is how it was written; `filtered` says that a step has a filter, `deep` that one has `..`,
    `filters_root` that the first step is a filter (it tests the members of the payload, not the payload).
    """

    __slots__ = ("_expression", "_meter", "_query", "deep", "filtered", "filters_root", "text")

    def __init__(self, text: str, query: Query) -> None:
        first = query.steps[0] if query.steps else None
        self.text = text
        self.filtered = any(isinstance(step.selector, Filter) for step in query.steps)
        self.deep = any(step.deep for step in query.steps)
        self.filters_root = first is not None and isinstance(first.selector, Filter) and not first.deep
        self._query = query
        self._meter = Meter()
        self._expression: JSONPath | None = None
        if not query.singular:
            from router.jsonpath.translation import translate  # jsonpath-ng is loaded for files that need it

            self._expression = translate(query, self._meter)

    @property
    def query(self) -> Query:
        """The path as a tree of steps."""
        return self._query

    def select(self, payload: Any) -> list[Any]:
        """Return the selected values, in RFC 9535's order; nothing where the evaluation had to be given up."""
        return self.attempt(payload)[0]

    def attempt(self, payload: Any) -> tuple[list[Any], str | None]:
        """Return the selected values, and the reason if the evaluation had to be given up."""
        if self._expression is None:
            return _walked(self._query, payload), None
        self._meter.refill()
        try:
            return [found.value for found in self._expression.find(payload)], None
        except Exhausted:
            return [], f"the path was given up: it would visit more than {LIMIT:,} values of this payload"
        except Exception as error:  # whatever a payload does to jsonpath-ng, it does not stop the event
            return [], f"the path could not be evaluated on this payload ({type(error).__name__})"

    def stops_at(self, payload: Any) -> str:
        """Say why nothing is selected: up to which step something is."""
        reached = "$"
        for number, step in enumerate(self._query.steps, start=1):
            part = Query(False, self._query.steps[:number])
            values, given_up = JsonPath(self.text, part).attempt(payload)
            if given_up is not None:
                return given_up
            if not values:
                what = (
                    "nothing fits the filter of" if isinstance(step.selector, Filter) else "nothing is selected by"
                )
                return f"{what} `{self.text[: step.end]}`; up to `{reached}` something is"
            reached = self.text[: step.end]
        return "nothing is missing"

    def reach(self, payload: Any) -> Reach:
        """Return the deepest part of the path that selects something."""
        reached, values = "$", [payload]
        for number, step in enumerate(self._query.steps, start=1):
            found, given_up = JsonPath(self.text, Query(False, self._query.steps[:number])).attempt(payload)
            if given_up is not None:
                break
            if not found:
                if isinstance(step.selector, Filter):
                    return Reach(reached, values, None, True, tested(step.selector.test, values))
                return Reach(reached, values, step.selector.name if isinstance(step.selector, Name) else None)
            reached, values = self.text[: step.end], found
        return Reach(reached, values)

    def __repr__(self) -> str:
        return f"JsonPath({self.text!r})"


def compile_path(text: str) -> JsonPath:
    """Return the path; raises PathError with the place and what is not supported there."""
    return JsonPath(text, parse(text))


def _walked(query: Query, payload: Any) -> list[Any]:
    """Return what a path of names and indexes only selects; ten times as fast, and every event is asked some."""
    value = payload
    for step in query.steps:
        match step.selector, value:
            case Name(name), dict():
                if name not in value:
                    return []
                value = value[name]
            case Index(index), list():
                if not -len(value) <= index < len(value):
                    return []
                value = value[index]
            case _:
                return []
    return [value]
