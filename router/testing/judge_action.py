"""Compares the deliveries of one action with what is expected of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from router.comparison.difference import MISSING
from router.config.node import Mapping, Mark, Node, Scalar, Sequence
from router.model import DeliveryState, PlannedDelivery
from router.testing.difference import Clean, Difference, Path, differences, named
from router.testing.expectation import is_state, whole
from router.testing.outcome import Edit, Failure, Reason
from router.testing.snapshot import facts_of, told, value_of


@dataclass(frozen=True, slots=True)
class Judged:
    """The deliveries of an action, `route/action`; `path` leads to what a test expects of them.

    `why_not` says why there are none, if there are none.
    """

    name: str
    deliveries: list[PlannedDelivery]
    parameters: Collection[str]
    clean: Clean
    path: Path
    why_not: tuple[Reason, ...] = ()


def judge_action(judged: Judged, node: Node, key: Mark, *, exactly: bool) -> Iterator[Failure]:
    """Yield where the deliveries are other ones; `key` is the place of the action's name."""
    found = judged.deliveries
    absent = (isinstance(node, Scalar) and not node.value) or (isinstance(node, Sequence) and not node.items)
    if absent or not found:
        if absent and found:
            message = "it is made, and should not be"
            yield Failure(judged.name, message, key, MISSING, told(found), edit=Edit(judged.path, told(found)))
        elif found or not absent:
            message = "it is not made"
            yield Failure(judged.name, message, key, reasons=judged.why_not, edit=Edit(judged.path, None))
        return
    if isinstance(node, Scalar):  # true: made, whatever it is
        dead = [delivery for delivery in found if delivery.state is DeliveryState.DEAD]
        for delivery in dead[:1]:
            yield Failure(judged.name, f"it is dead: {delivery.reason}", key)
        return
    if isinstance(node, Mapping) and len(found) == 1:
        yield from _one(judged, found[0], node, judged.path, judged.name, key, exactly=exactly)
        return
    items = node.items if isinstance(node, Sequence) else (node,)
    if len(items) != len(found):
        if len(found) == 1 and found[0].state is DeliveryState.DEAD:  # of all items, `for_each` itself failed
            message = f"it is dead: {found[0].reason}"
            yield Failure(judged.name, message, key, edit=Edit(judged.path, told(found)))
            return
        edit = Edit(judged.path, told(found))
        message = f"it is made {_times(len(found))}, and should be made {_times(len(items))}"
        yield Failure(judged.name, message, node.mark, len(items), len(found), edit=edit)
        return
    for index, (item, delivery) in enumerate(zip(items, found, strict=True)):
        name, path = f"{judged.name}[{index}]", (*judged.path, index)
        yield from _one(judged, delivery, item, path, name, key, exactly=exactly)


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _one(
    judged: Judged, delivery: PlannedDelivery, node: Node, path: Path, name: str, key: Mark, *, exactly: bool
) -> Iterator[Failure]:
    inner = whole(node)
    if inner is not None and "exactly" not in judged.parameters:
        node, path, exactly = inner, (*path, "exactly"), True
    if isinstance(node, Mapping) and is_state(node, judged.parameters):
        yield from _state(delivery, node, path, name)
        return
    if delivery.state is not DeliveryState.READY:
        message = f"it is {delivery.state.value}: {delivery.reason}"
        yield Failure(name, message, key, edit=Edit(path, value_of(delivery)))
        return
    actual = json.loads(delivery.params)
    for difference in differences(node, actual, judged.clean, whole=exactly):
        subject = f"{name}{_dotted(difference.path)}"
        edit = _edit(difference, node, actual, path, exactly=exactly)
        yield Failure(
            subject, _sentence(difference), difference.mark, difference.expected, difference.actual, edit=edit
        )


def _state(delivery: PlannedDelivery, node: Mapping, path: Path, name_: str) -> Iterator[Failure]:
    state, reason = node.get("state"), node.get("reason")
    wanted = state.value if isinstance(state, Scalar) else None
    if wanted != delivery.state.value:
        why = f": {delivery.reason}" if delivery.reason else ""
        message = f"it is {delivery.state.value}{why}"
        edit = Edit(path, value_of(delivery))
        yield Failure(f"{name_}.state", message, node.mark, wanted, delivery.state.value, edit=edit)
        return
    for name, actual in facts_of(delivery).items():
        fact = node.get(name)
        if isinstance(fact, Scalar) and fact.value != actual:
            edit = Edit((*path, name), actual)
            yield Failure(f"{name_}.{name}", "it differs", fact.mark, fact.value, actual, edit=edit)
    text = str(reason.value) if isinstance(reason, Scalar) else ""
    if reason is not None and text not in (delivery.reason or ""):
        message = f"it is {delivery.state.value} for another reason"
        edit = Edit((*path, "reason"), value_of(delivery)["reason"])
        yield Failure(f"{name_}.reason", message, reason.mark, text, delivery.reason or "", edit=edit)


def _dotted(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def _sentence(difference: Difference) -> str:
    if difference.actual is MISSING:
        return "it is missing"
    if difference.expected is MISSING:
        return "it is there, and should not be"
    wanted, got = _kind(difference.expected), _kind(difference.actual)
    return "it differs" if wanted == got else f"it is {got}, not {wanted}"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "null"


def _edit(difference: Difference, node: Node, actual: Any, path: Path, *, exactly: bool) -> Edit:
    """Return the smallest edit: the value itself, or what holds it where a member has to go."""
    steps = difference.path
    if difference.expected is MISSING:
        return Edit((*path, *steps), difference.actual)
    if difference.actual is MISSING:
        steps = steps[:-1]
    inner: Any = node
    for step in steps:
        actual = actual[step]
        inner = inner.items[step] if isinstance(step, int) else inner.get(step)
    return Edit((*path, *steps), actual if exactly else named(inner, actual))
