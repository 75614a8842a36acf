"""One action of a route, compiled: which plugin, which destination, with which parameters, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from router.config import habits
from router.config.fields import Fields, kind_of, left_out
from router.config.node import Mapping, Mark, Node, Scalar
from router.config.problem import Problems, did_you_mean
from router.destinations import Destination, read_retry, read_timeout
from router.model import RetryPolicy
from router.plugin import SourceInfo, Usage
from router.registry import RegisteredAction
from router.routing.context import Context
from router.routing.events import EventFilter, compile_events
from router.routing.names import OF_ITEM
from router.routing.parameters import Parameters, compile_parameters
from router.routing.reach import templates_of
from router.routing.shape import Struct
from router.routing.template import Template, compile_expression, is_template
from router.routing.timing import Timing, compile_timing

COMMON = ("name", "destination", "event", "if", "for_each", "retry", "timeout", "delay", "fresh", "lane")
NOT_YET = ("final",)
ON_DEAD = "on_dead"
PREFIX = f"{ON_DEAD}/"  #: before the names of the actions of an `on_dead`, where deliveries name them
_NOT_ON_DEAD = ("event", "for_each", "delay", "fresh")
_ELSEWHERE = {
    "where": "a `where` belongs to the route; an action has an `if`",
    **dict.fromkeys(
        ("source", "vars", "fallback", "enabled", "else", "order_by", ON_DEAD), "it belongs to the route"
    ),
    **dict.fromkeys(("rate", "breaker", "concurrency", "max_pause"), "it belongs to the destination"),
}


@dataclass(frozen=True, slots=True)
class ActionPolicy:
    """How a delivery is retried, and for how many seconds one attempt may run."""

    retry: RetryPolicy = RetryPolicy()  # noqa: RUF009 - frozen
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class RouteAction:
    """An action of a route, or of an `on_dead`; `condition` and `each` are its `if` and `for_each`."""

    name: str
    plugin: RegisteredAction
    destination: Destination
    policy: ActionPolicy
    events: EventFilter | None
    condition: Template | None
    each: Template | None
    parameters: Parameters
    mark: Mark
    named: bool
    timing: Timing = Timing()  # noqa: RUF009 - frozen

    @property
    def templates(self) -> Iterator[Template]:
        """Every template of the action."""
        yield from (bare for bare in (self.condition, self.each) if bare is not None)
        yield from self.timing.templates
        yield from templates_of(self.parameters.part)

    @property
    def condition_of_item(self) -> bool:
        """Whether `if` looks at the item, so that it is asked for each."""
        return self.each is not None and self.condition is not None and bool(self.condition.names & OF_ITEM)


@dataclass(frozen=True, slots=True)
class Setting:
    """What an action needs to know of its place: `owner` names it, as in "the route `a`".

    `types` are all that the sources can send, if that is known. With `on_dead` the action is done about a death.
    """

    owner: str
    sources: tuple[str, ...]
    types: frozenset[str] | None
    events: EventFilter | None
    known: Collection[str]
    on_dead: bool = False


def compile_action(node: Node, setting: Setting, context: Context, problems: Problems) -> RouteAction | None:
    """Compile an action; None where it cannot be, which is noted."""
    fields = Fields(node, problems, f"an action of {setting.owner}")
    plugin = _plugin(fields, context, problems, whole=isinstance(node, Mapping))
    if plugin:
        _check_indentation(fields, plugin, problems)
    destination = _destination(fields, plugin, context, problems) if plugin else None
    name = fields.text("name")
    check_constant(fields, "name")
    if name is not None and name.startswith(PREFIX) and (name_node := fields.node.get("name")) is not None:
        problems.error("reserved-name", name_node, f"names that begin with `{PREFIX}` are those of `{ON_DEAD}`")
    events, each, known = None, None, frozenset(setting.known)
    if not setting.on_dead:
        nodes = fields.names("event")
        events = None if nodes is None else compile_events(nodes, setting.types, problems, setting.events)
        each = expression(fields, "for_each", setting.known, problems)
        if fields.node.get("for_each") is not None:
            known |= OF_ITEM
    condition = expression(fields, "if", known, problems)
    retry_node = fields.get("retry")
    base = destination.retry if destination else RetryPolicy()
    retry = base if retry_node is None else read_retry(retry_node, problems, base)
    timeout = read_timeout(fields, destination.timeout if destination else 30.0)
    timing = compile_timing(fields, known, problems, lane_only=setting.on_dead)
    parameters = None
    if plugin:
        usage = Usage(
            tuple(SourceInfo(s, context.sources[s].signable) for s in setting.sources),
            retry_span(retry),
            timing.longest,
            destination is not None and destination.interval is not None,
        )
        given = fields.get(plugin.name)
        config = destination.config if destination else None
        if given is not None:
            parameters = compile_parameters(given, plugin.action, config, usage, known, problems, context.files)
    others = dict.fromkeys(_NOT_ON_DEAD, "what `on_dead` does is done at once, once for each death")
    allowed = set(COMMON) - others.keys() if setting.on_dead else COMMON
    fields.finish(not_yet=NOT_YET, also_known=allowed, elsewhere={**habits.ACTION, **_ELSEWHERE, **others})
    if not plugin or not destination or not parameters:
        return None
    policy = ActionPolicy(retry, timeout)
    return RouteAction(
        name or plugin.name,
        plugin,
        destination,
        policy,
        events,
        condition,
        each,
        parameters,
        fields.node.mark,
        name is not None,
        timing,
    )


def check_constant(fields: Fields, key: str) -> None:
    """Note a template where a constant has to stand."""
    node = fields.node.get(key)
    if isinstance(node, Scalar) and is_template(node.value):
        fields.problems.error("constant", node, f"`{key}` is a constant: a template cannot stand here")


def expression(fields: Fields, key: str, known: Collection[str], problems: Problems) -> Template | None:
    """Compile the expression of `if` or `for_each`."""
    node = fields.get(key)
    if node is None:
        return None
    if not isinstance(node, Scalar) or node.value is None:
        hint = "conditions on values stand in the `where` of a route" if isinstance(node, Mapping) else None
        problems.error("wrong-type", node, f"`{key}` must be an expression, not {kind_of(node)}", hint)
        return None
    if not isinstance(node.value, str):  # `if: true`
        node = Scalar(str(node.value).lower(), node.mark, node.text, node.plain)
    return compile_expression(node, known, problems)


@cache
def retry_span(policy: RetryPolicy) -> float:
    """Return for how many seconds a delivery may be retried, at the longest."""
    span = 0.0
    for attempt in range(min(policy.max_attempts, 10_000) - 1):
        span += min(policy.max_delay, policy.first * 2.0 ** min(attempt, 60))
        if span >= policy.max_age:
            return policy.max_age
    return span


def _plugin(fields: Fields, context: Context, problems: Problems, *, whole: bool) -> RegisteredAction | None:
    actions = context.registry.actions
    beside = {*COMMON, *NOT_YET, *_ELSEWHERE} - actions.keys()
    own = [key for key, _ in fields.node.entries if str(key.value) not in beside]
    found = [key for key in own if str(key.value) in actions]
    if not found and (said := _named_by_value(fields, actions)) is not None:
        key, name = said
        hint = f"write the name as the key: `- {name}: {{...}}`"
        problems.error("unknown-key", key, f"an action has no `{key.value}`: one key of it names its plugin", hint)
        fields.read.update(fields.node.keys())
        return None
    if len(found) > 1:
        first, second = str(found[0].value), str(found[1].value)
        problems.error("two-actions", found[1], f"`{first}` and `{second}` in one action: make two of them")
        fields.read.update(str(key.value) for key in found)
        return None
    if found:
        return actions[str(found[0].value)]
    if len(own) == 1:
        name = str(own[0].value)
        fields.read.add(name)
        if name in context.faulty.plugins:
            return None
        problems.error("unknown-action", own[0], f"there is no action `{name}`", did_you_mean(name, actions))
    elif not own and fields.node.entries:
        message = "this action does nothing: one key names its plugin"
        problems.error("missing-key", fields.node, message, f"known: {', '.join(sorted(actions))}")
    elif whole:
        problems.error("missing-key", fields.node, "this action is empty: one key names its plugin")
    return None


def _named_by_value(fields: Fields, actions: Collection[str]) -> tuple[Scalar, str] | None:
    """Return a key such as `type` with the plugin that it names, as other tools write an action."""
    for key, value in fields.node.entries:
        if key.value in habits.NAMES_AN_ACTION and isinstance(value, Scalar) and value.value in actions:
            return key, str(value.value)
    return None


def _check_indentation(fields: Fields, plugin: RegisteredAction, problems: Problems) -> None:
    """Note parameters that stand beside their plugin's key, where they should stand below it."""
    value, known = fields.node.get(plugin.name), Struct(plugin.action.Params).fields
    beside = [key for key, _ in fields.node.entries if key.value in known and key.value not in COMMON]
    if beside and value is not None and left_out(value):
        names = ", ".join(f"`{key.value}`" for key in beside)
        hint = f"indent {names} by two more blanks than `{plugin.name}`"
        problems.error("indentation", beside[0], f"{names} must stand below `{plugin.name}`, not beside it", hint)
        problems.forget(fields.node.key(plugin.name) or value)
        fields.read.update(str(key.value) for key in beside)


def _destination(
    fields: Fields, plugin: RegisteredAction, context: Context, problems: Problems
) -> Destination | None:
    name, all_ = fields.text("destination"), context.destinations
    node = fields.node.get("destination")
    fitting = {key: d for key, d in all_.items() if d.plugin == plugin.name}
    if name is not None and node is not None:
        if name in fitting:
            return fitting[name]
        if name in all_:
            message = f"`{name}` is a destination of the type `{all_[name].plugin}`, not `{plugin.name}`"
            problems.error("wrong-destination", node, message, did_you_mean(name, fitting))
        elif is_template(name):
            problems.error("constant", node, "`destination` is a constant: a template cannot stand here")
        elif name not in context.faulty.destinations:
            known = {*(key for key, d in fitting.items() if d.mark is not None), *context.faulty.destinations}
            problems.error(
                "unknown-destination", node, f"there is no destination `{name}`", did_you_mean(name, known)
            )
        return None
    if node is not None:
        return None
    defined = {key: d for key, d in fitting.items() if d.mark is not None}
    faulty = {key for key, type_ in context.faulty.destinations.items() if type_ == plugin.name}
    if plugin.name in defined:
        return defined[plugin.name]
    if plugin.name in faulty or (faulty and not defined):  # it is meant, and was told
        return None
    if len(defined) == 1 and not faulty:
        return next(iter(defined.values()))
    if plugin.name in fitting:
        return fitting[plugin.name]
    key = fields.node.key(plugin.name) or fields.node
    if defined:
        message = f"there are several destinations for `{plugin.name}`: add `destination`"
        problems.error("which-destination", key, message, f"one of: {', '.join(sorted({*defined, *faulty}))}")
    else:
        problems.error(
            "missing-destination", key, f"`{plugin.name}` needs a destination: add it under `destinations`"
        )
    return None
