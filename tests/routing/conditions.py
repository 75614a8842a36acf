"""A `where` from YAML, and an event to try it on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from router.config import yaml
from router.config.problem import Problem, Problems
from router.routing.condition import Condition, compile_where

DATA: dict[str, Any] = {
    "id": "user_1",
    "role": "org:admin",
    "age": 18,
    "age_text": "18",
    "price": 12.5,
    "one": 1,
    "yes": True,
    "no": False,
    "zero": 0,
    "nothing": None,
    "blank": "",
    "none_in_it": [],
    "no_members": {},
    "tags": ["bug", "ui", 3, None],
    "labels": [{"name": "Bug", "weight": 1}, {"name": "security", "weight": 5}, {"weight": 9}],
    "note": "Line one\nLine two",
    "address": {"city": "Oslo"},
    "a.b": "dotted",
    "flags": {"on": True, "count": 1},
    "nested": [[True, 0]],
    "only_true": [True],
    "surrogate": "half \ud800 of it",
}
PAYLOAD: dict[str, Any] = {"type": "user.created", "data": DATA, "where": "here"}
NAMES: dict[str, Any] = {
    "data": DATA,
    "payload": PAYLOAD,
    "event": {
        "id": "msg_1",
        "type": "user.created",
        "source": "clerk",
        "time": "2024-05-01T10:00:00.000Z",
        "received_at": "2024-05-01T10:00:01.000Z",
    },
    "headers": {"x-github-event": "push"},
    "query": {"shop": "acme"},
}


def read(text: str) -> tuple[Condition | None, list[Problem]]:
    """Return the condition that a YAML text makes, and what was noted."""
    problems = Problems()
    node = yaml.parse(text, "routes.yaml", problems)
    assert node is not None, [problem.message for problem in problems]
    return compile_where(node, problems), list(problems)


def where(text: str) -> Condition:
    """Return the condition that a YAML text makes; it must hold no mistake."""
    condition, problems = read(text)
    assert condition is not None, [problem.message for problem in problems]
    assert not [problem for problem in problems if problem.severity == "error"]
    return condition


def leaves(condition: Condition) -> Iterator[str]:
    """Yield the reasons of an explanation, from the top."""
    results = [condition.explain(NAMES, PAYLOAD)]
    while results:
        result = results.pop(0)
        yield result.reason
        results.extend(result.children)
