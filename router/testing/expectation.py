"""Reads `expect`: the verdict, the routes and the actions that a test wants to see."""

from __future__ import annotations

from collections.abc import Iterable

from router.config.fields import Fields, kind_of, left_out
from router.config.node import Mapping, Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean
from router.testing.case import Expected, Verdict
from router.testing.rules import Known

STATES = ("ready", "dead", "skipped")
_STATE_KEYS = ("state", "reason", "destination", "due_at", "lane")


def read_expected(fields: Fields, known: Known, problems: Problems) -> Expected | None:
    """Read the `expect` of a test; None where it is missing or left empty."""
    node = fields.get("expect")
    if node is None:
        return None
    if left_out(node):  # to be filled in by --update
        problems.forget(fields.node.key("expect") or node)
        return None
    inner = Fields(node, problems, "`expect`")
    if isinstance(node, Mapping) and not node.entries:
        return None
    verify, routes, actions, exactly = (inner.get(name) for name in ("verify", "routes", "actions", "exactly"))
    inner.finish()
    return Expected(
        mark=(fields.node.key("expect") or node).mark,
        verify=None if verify is None else (_verdict(verify, problems), verify),
        routes=None if routes is None else (_routes(routes, known, problems), routes),
        actions=() if actions is None else _actions(actions, "actions", known, problems),
        exactly=_exactly(exactly, known, problems),
    )


def _verdict(node: Node, problems: Problems) -> Verdict:
    if isinstance(node, Mapping):
        fields = Fields(node, problems, "`verify`")
        status = fields.count("status", default=0, least=100) if fields.get("status") is not None else None
        reason = fields.text("reason")
        fields.finish()
        return Verdict(False, status or None, reason)
    if isinstance(node, Scalar) and isinstance(node.value, str):
        if node.value in ("ok", "refused"):
            return Verdict(node.value == "ok")
        return Verdict(False, reason=node.value)
    message = f"`verify` must be `ok`, `refused`, a part of the reason, or a mapping, not {kind_of(node)}"
    problems.error("wrong-type", node, message, "such as `verify: {status: 401, reason: signature}`")
    return Verdict(True)


def _routes(node: Node, known: Known, problems: Problems) -> tuple[str, ...]:
    items: Iterable[Node] = node.items if isinstance(node, Sequence) else (node,)
    found = []
    for item in items:
        if not (isinstance(item, Scalar) and isinstance(item.value, str)):
            message = f"`routes` must be a list of routes, not {kind_of(item)}"
            problems.error("wrong-type", item, message, "`routes: []` for none")
        elif item.value not in known.routes:
            hint = did_you_mean(item.value, known.routes)
            problems.error("unknown-route", item, f"there is no route `{item.value}`", hint)
        else:
            found.append(item.value)
    return tuple(found)


def _exactly(node: Node | None, known: Known, problems: Problems) -> Mapping | None:
    if node is None:
        return None
    return Mapping(_actions(node, "exactly", known, problems), node.mark)


def _actions(node: Node, what: str, known: Known, problems: Problems) -> tuple[tuple[Scalar, Node], ...]:
    if not isinstance(node, Mapping):
        hint = "such as `welcome/slack: {text: ...}`, or `null` for an action that must not run"
        problems.error("wrong-type", node, f"`{what}` must be a mapping of actions, not {kind_of(node)}", hint)
        return ()
    for key, value in node.entries:
        name = str(key.value)
        if name not in known.actions:
            own = [action for action in known.actions if action.rpartition("/")[2] == name]
            guess = did_you_mean(name, own or known.actions)
            if name in known.routes:
                of_route = [action for action in known.actions if action.rpartition("/")[0] == name]
                guess = "write ROUTE/ACTION: " + ", ".join(of_route)
            problems.error("unknown-route", key, f"there is no action `{name}`", guess)
            continue
        for one in value.items if isinstance(value, Sequence) else (value,):
            _check_value(one, name, known, problems)
    return node.entries


def _check_value(node: Node, name: str, known: Known, problems: Problems) -> None:
    """Note what the parameters of an action can never be."""
    if isinstance(node, Scalar) and (node.value is None or isinstance(node.value, bool)):
        return
    if not isinstance(node, Mapping):
        message = f"`{name}` must be a mapping of its parameters, not {kind_of(node)}"
        problems.error(
            "wrong-type", node, message, "`null` where it must not run; a list of mappings for `for_each`"
        )
        return
    action = known.actions[name]
    fields = known.parameters(name)
    if inner := whole(node):
        _check_value(inner, name, known, problems)
        return
    if is_state(node, fields):
        state = node.get("state")
        if isinstance(state, Scalar) and state.value not in STATES:
            hint = did_you_mean(str(state.value), STATES)
            problems.error("unknown-value", state, f"`{state.text}` is no state of a planned delivery", hint)
        for key, _ in node.entries:
            if key.value not in _STATE_KEYS:
                message = f"beside `state` no `{key.value}` can stand"
                problems.error("unknown-key", key, message, f"known: {', '.join(_STATE_KEYS[1:])}")
        return
    for key, _ in node.entries:
        if str(key.value) not in fields:
            message = f"`{action.plugin.name}` has no parameter `{key.value}`"
            problems.error("unknown-key", key, message, did_you_mean(str(key.value), fields))


def whole(node: Node) -> Node | None:
    """Return what stands in `{exactly: ...}`, the whole parameters of one delivery; None for anything else."""
    return node.get("exactly") if isinstance(node, Mapping) and len(node.entries) == 1 else None


def is_state(node: Node, parameters: Iterable[str]) -> bool:
    """Tell whether a value is about the state of a delivery, not about its parameters."""
    return isinstance(node, Mapping) and node.get("state") is not None and "state" not in parameters
