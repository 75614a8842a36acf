"""One route, compiled: which events it takes, and what it does about them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from router.config import habits
from router.config.fields import Fields, kind_of
from router.config.node import Mapping, Mark, Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean
from router.routing.action import RouteAction, Setting, check_constant, compile_action, expression
from router.routing.condition import Condition, compile_where
from router.routing.context import Context
from router.routing.events import EventFilter, compile_events
from router.routing.names import OF_DEATH
from router.routing.reach import check_reach, templates_of
from router.routing.template import Template, is_template
from router.routing.vars import Var, compile_vars

NOT_YET = ("order_by",)
_ELSEWHERE = dict.fromkeys(
    ("destination", "for_each", "retry", "timeout", "delay", "fresh", "lane"),
    "it belongs to an action, beside its plugin's key",
)


@dataclass(frozen=True, slots=True)
class Route:
    """A rule; `sources` is None for all, `condition` its `if`, `otherwise` the actions of its `else`.

    `on_dead` are the actions for its deliveries that die, None where it has none of its own.
    """

    name: str
    mark: Mark
    sources: frozenset[str] | None
    events: EventFilter | None
    where: Condition | None
    condition: Template | None
    vars: tuple[Var, ...]
    actions: tuple[RouteAction, ...]
    otherwise: tuple[RouteAction, ...]
    fallback: bool
    enabled: bool
    on_dead: tuple[RouteAction, ...] | None = None
    order: int = 0

    def wants(self, source: str, type_: str) -> bool:
        """Whether an event of this source and type is considered at all."""
        from_here = self.sources is None or source in self.sources
        return from_here and (self.events is None or self.events.fits(type_))

    def at(self, order: int) -> Route:
        """Return the route with its place in the file."""
        return replace(self, order=order)


def compile_route(node: Node, context: Context, problems: Problems) -> Route | None:
    """Compile a route; None where it has no name, or one that means nothing."""
    fields = Fields(node, problems, "a route")
    name = fields.text("name", required=isinstance(node, Mapping))
    if name is not None and not name.strip():
        problems.error("missing-name", node, "the `name` of a route is empty")
    check_constant(fields, "name")
    fields.what = f"the route `{name}`" if name else "a route"
    sources = _sources(fields, context, problems)
    every, unsure = _taken(fields, sources, context)
    types = context.known_types((*every, *unsure))
    nodes = fields.names("event")
    events = compile_events(nodes, types, problems) if nodes is not None else None
    event_node = fields.node.get("event")
    if isinstance(event_node, Sequence) and not event_node.items:
        problems.error("empty-list", event_node, "`event` is empty: leave it out to take every event")
    where_node = fields.get("where")
    where = compile_where(where_node, problems) if where_node is not None else None
    known = context.names(every)
    if unsure:
        known = known.union(*(context.likely_vars(name) for name in unsure))
    vars_ = _vars(fields, known, context, problems)
    if vars_:
        known = known | {var.name for var in vars_}
    condition = expression(fields, "if", known, problems)
    setting = Setting(f"the route `{name or ''}`", every, types, events, known)
    actions = _actions(fields, "actions", setting, context, problems)
    otherwise = _actions(fields, "else", setting, context, problems)
    on_dead_node = fields.get("on_dead")
    on_dead = None
    if on_dead_node is not None:
        setting = replace(setting, owner=f"`on_dead` of {setting.owner}", on_dead=True, known=known | OF_DEATH)
        on_dead = tuple(compile_actions(on_dead_node, "on_dead", setting, context, problems))
    _check_reach(every, context, vars_, condition, [*actions, *otherwise, *(on_dead or ())], problems)
    _check_names([*actions, *otherwise], f"the route `{name or ''}`", problems)
    else_node = fields.node.key("else")
    if else_node is not None and where_node is None and condition is None and fields.node.get("if") is None:
        problems.warning("never", else_node, "`else` never happens: the route has neither `where` nor `if`")
    fallback = fields.flag("fallback", default=False)
    enabled = fields.flag("enabled", default=True)
    fields.finish(not_yet=NOT_YET, elsewhere={**habits.ROUTE, **_ELSEWHERE, **_conditions(fields)})
    if name is None:
        return None
    return Route(
        name,
        fields.node.mark,
        sources,
        events,
        where,
        condition,
        vars_,
        tuple(actions),
        tuple(otherwise),
        fallback,
        enabled,
        on_dead,
    )


def _conditions(fields: Fields) -> dict[str, str]:
    """Return a hint for each key that is a path, and so a condition that misses its `where`."""
    paths = (str(key.value) for key, _ in fields.node.entries)
    return {path: "it is a condition: put it under `where`" for path in paths if re.match(r"\$|\w+[.\[]", path)}


def compile_on_dead(node: Node, context: Context, problems: Problems) -> tuple[RouteAction, ...]:
    """Compile the `on_dead` of the whole file: for the deliveries of every route that has none of its own."""
    every = tuple(context.sources)
    known = context.names(every).union(*(context.likely_vars(name) for name in context.faulty.sources))
    setting = Setting("`on_dead`", every, None, None, known | OF_DEATH, on_dead=True)
    actions = compile_actions(node, "on_dead", setting, context, problems)
    _check_reach(every, context, (), None, actions, problems)
    return tuple(actions)


def _sources(fields: Fields, context: Context, problems: Problems) -> frozenset[str] | None:
    nodes = fields.names("source")
    if nodes is None:
        return None
    found = set()
    for node in nodes:
        name = str(node.value)
        if name in context.sources:
            found.add(name)
        elif is_template(name):
            problems.error("constant", node, "`source` is a constant: a template cannot stand here")
        elif name not in context.faulty.sources:
            parts = [part for part in re.split(r"[\s,|]+", name) if part]
            known = {*context.sources, *context.faulty.sources}
            several = len(parts) > 1 and all(part in context.sources for part in parts)
            hint = f"write a list: [{', '.join(parts)}]" if several else did_you_mean(name, known)
            problems.error("unknown-source", node, f"there is no source `{name}`", hint)
    written = fields.node.get("source")
    if isinstance(written, Sequence) and not written.items:
        problems.error("empty-list", written, "`source` is empty: leave it out for all")
    return frozenset(found)


def _taken(
    fields: Fields, sources: frozenset[str] | None, context: Context
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the sources whose events the route takes, and those that it names or means and that are unusable."""
    if sources is None:
        return tuple(context.sources), tuple(context.faulty.sources)
    node = fields.node.get("source")
    named = node.items if isinstance(node, Sequence) else (node,)
    texts = [n.value for n in named if isinstance(n, Scalar) and isinstance(n.value, str)]
    return tuple(sorted(sources)), tuple(name for name in texts if name not in context.sources)


def _vars(fields: Fields, known: Collection[str], context: Context, problems: Problems) -> tuple[Var, ...]:
    node = fields.get("vars")
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        problems.error("wrong-type", node, f"`vars` must be a mapping, not {kind_of(node)}")
        return ()
    entries = ((str(key.value), key.mark, value) for key, value in node.entries)
    return compile_vars(entries, known, problems, context.files)


def _actions(
    fields: Fields, key: str, setting: Setting, context: Context, problems: Problems
) -> list[RouteAction]:
    node = fields.get(key, required=key == "actions" and bool(fields.node.entries))
    return [] if node is None else compile_actions(node, key, setting, context, problems)


def compile_actions(
    node: Node, key: str, setting: Setting, context: Context, problems: Problems
) -> list[RouteAction]:
    """Compile a list of actions; an `on_dead` may be empty, and its names are its own."""
    if not isinstance(node, Sequence):
        hint = "begin each action with `- `" if isinstance(node, Mapping) else None
        problems.error("wrong-type", node, f"`{key}` must be a list of actions, not {kind_of(node)}", hint)
        return []
    if not node.items and not setting.on_dead:
        problems.error("empty-list", node, f"`{key}` is empty: list at least one action")
    found = [compile_action(item, setting, context, problems) for item in node.items]
    actions = [action for action in found if action is not None]
    if setting.on_dead:
        _check_names(actions, setting.owner, problems)
    return actions


def _check_reach(
    sources: tuple[str, ...],
    context: Context,
    vars_: tuple[Var, ...],
    condition: Template | None,
    actions: list[RouteAction],
    problems: Problems,
) -> None:
    used = [*(t for var in vars_ for t in templates_of(var.part)), *(t for a in actions for t in a.templates)]
    if condition is not None:
        used.append(condition)
    hidden = (context.constants, {var.name for var in vars_})
    check_reach(used, {source: context.sources[source].vars.keys() for source in sources}, hidden, problems)


def _check_names(actions: list[RouteAction], owner: str, problems: Problems) -> None:
    first: dict[str, RouteAction] = {}
    plugins = [action.plugin.name for action in actions]
    for action in actions:
        if not action.named and plugins.count(action.plugin.name) > 1:
            message = f"`{action.plugin.name}` stands twice in {owner}: give each of them a `name`"
            problems.error("missing-name", action.mark, message)
        elif (other := first.setdefault(action.name, action)) is not action:
            message = f"the action `{action.name}` stands twice in {owner}: here and at {other.mark}"
            problems.error("duplicate-name", action.mark, message, "choose another `name`")
