"""An explanation of routes as plain values: what JSON, the terminal and a page show, all from here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from router.explaining.excerpt import excerpt
from router.explaining.settings import settings
from router.model import Event, PlannedDelivery
from router.routing.condition_result import ConditionResult
from router.routing.condition_value import written
from router.routing.explain import Explanation
from router.routing.route import Route
from router.routing.table import RouteTable
from router.routing.told import IfVerdict, UsedVar
from router.routing.values import OMIT, iso
from router.routing.verdict import ActionVerdict, RouteVerdict

_LARGEST = 2000  # characters of JSON of one value that is kept whole; of a larger one, its begin as a text
_GROUPS = ("all", "any", "none")


def plain_routes(
    table: RouteTable, event: Event, explanation: Explanation, texts: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return every route's verdict; `texts` are the files, for the lines that errors are about."""
    return [_route(table.route(verdict.name), event, verdict, texts) for verdict in explanation.routes]


def plain_condition(result: ConditionResult) -> dict[str, Any]:
    """Return a condition, with its parts."""
    found: dict[str, Any] = {
        "condition": result.text,
        "held": result.held,
        "reason": result.reason,
        "file": result.place.file,
        "line": result.place.line,
        "column": result.place.column,
    }
    if result.text in _GROUPS and result.children:
        return found | {"parts": [plain_condition(child) for child in result.children]}
    return found | {
        "path": result.path,
        "operators": [{"operator": name, "expected": plain_value(operand)} for name, operand in result.operators],
        "found": [plain_value(value) for value in result.values],
        "reached": result.reached or None,
        "there": result.there or None,
        "instead": result.instead or None,
    }


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it; a large one is cut, and is a text then."""
    found = _plain(value, 0)
    text = json.dumps(found, ensure_ascii=False)
    return found if len(text) <= _LARGEST else text[:_LARGEST] + "…"


def writable(value: Any) -> Any:
    """Return a tree of plain values with every half of a surrogate pair written out, so that it can be encoded."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {writable(key): writable(inner) for key, inner in value.items()}
    return [writable(inner) for inner in value] if isinstance(value, list | tuple) else value


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        return iso(value)
    if value is OMIT:
        return "omit"
    if depth > 100:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner, depth + 1) for inner in value]
    return written(type(value).__name__)


def _route(route: Route | None, event: Event, verdict: RouteVerdict, texts: Mapping[str, str]) -> dict[str, Any]:
    actions = {} if route is None else {a.name: a for a in (*route.actions, *route.otherwise)}
    return {
        "route": verdict.name,
        "file": route.mark.file if route else None,
        "line": route.mark.line if route else None,
        "taken": verdict.taken,
        "reason": verdict.reason,
        "misfit": verdict.misfit or None,
        "enabled": route.enabled if route else None,
        "fallback": route.fallback if route else None,
        "by": ("else" if verdict.otherwise else "actions") if verdict.taken else None,
        "where": None if verdict.where is None else plain_condition(verdict.where),
        "if": _if(verdict.condition, texts),
        "vars": [_var(var, texts) for var in verdict.vars],
        "actions": [
            _action(action, texts)
            | ({"settings": settings(known)} if (known := actions.get(action.name)) is not None else {})
            for action in verdict.actions
        ],
    }


def _if(verdict: IfVerdict | None, texts: Mapping[str, str]) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "expression": verdict.text,
        "held": verdict.held,
        "value": plain_value(verdict.value),
        "error": verdict.error,
        "excerpt": excerpt(verdict.error, texts),
        "names": {name: plain_value(value) for name, value in verdict.names},
        "missing": list(verdict.missing),
    }


def _var(var: UsedVar, texts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": var.name,
        "of": var.owner,
        "value": plain_value(var.value),
        "error": var.error,
        "excerpt": excerpt(var.error, texts),
    }


def _action(action: ActionVerdict, texts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "action": action.name,
        "plugin": action.plugin,
        "destination": action.destination,
        "made": action.made,
        "reason": action.reason,
        "if": _if(action.condition, texts),
        "deliveries": [plain_delivery(delivery, texts) for delivery in action.deliveries],
    }


def plain_delivery(delivery: PlannedDelivery, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return a planned delivery; `params` is None where it could not be rendered."""
    return {
        "delivery": delivery.id,
        "index": delivery.index,
        "state": delivery.state.value,
        "reason": delivery.reason,
        "excerpt": excerpt(delivery.reason, texts),
        "params": json.loads(delivery.params),
        "lane": delivery.lane,
        "due_at": _moment(delivery.due_at),
        "fresh_until": _moment(delivery.fresh_until),
        "expires_at": _moment(delivery.expires_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
