"""The names of one event: what conditions and templates can refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from router.model import Event, Pairs
from router.routing.sandbox import GLOBALS
from router.routing.values import iso
from router.routing.vars import Var, bind


class Folded(dict[str, Any]):
    """A mapping whose keys are found in any case; of a doubled one, the last value counts."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__((key.lower(), value) for key, value in pairs)

    def __missing__(self, key: object) -> Any:
        folded = key.lower() if isinstance(key, str) else None
        if folded is None or folded == key:
            raise KeyError(key)
        return self[folded]

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key.lower() if isinstance(key, str) else key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key in any case."""
        return super().get(key.lower() if isinstance(key, str) else key, default)


class Scope:
    """The names of an event, its vars computed at most once."""

    def __init__(self, event: Event, constants: Mapping[str, Any], source_vars: Iterable[Var]) -> None:
        self.event = event
        self._headers = Folded(event.headers)
        self._query = Folded(event.query)
        base = {
            **GLOBALS,
            **constants,
            "event": {
                "id": event.id,
                "type": event.type,
                "source": event.source,
                "time": event.time,
                "received_at": event.received_at,
            },
            "data": event.data,
            "payload": event.payload,
            "headers": self._headers,
            "query": self._query,
        }
        self._base = bind(source_vars, base)

    @cached_property
    def of_conditions(self) -> dict[str, Any]:
        """The names that `where` can use; times are ISO 8601 text with milliseconds and Z."""
        event = {**self._base["event"], "time": iso(self.event.time), "received_at": iso(self.event.received_at)}
        return {
            "data": self.event.data,
            "payload": self.event.payload,
            "event": event,
            "headers": self._headers,
            "query": self._query,
        }

    def of_route(self, route: str, vars_: Iterable[Var]) -> dict[str, Any]:
        """Return the names that the templates of a route can use."""
        return bind(vars_, {**self._base, "route": route})
