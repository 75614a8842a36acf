"""Tells sources, destinations and variables that nothing uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from router.config.node import Mapping, Node
from router.config.problem import Problems
from router.routing.action import RouteAction
from router.routing.reach import templates_of
from router.routing.route import Route
from router.routing.template import Template
from router.ruleset import Ruleset


def check_unused(ruleset: Ruleset, problems: Problems) -> None:
    """Note what stands in the file and is used by no route; a file without routes is not judged."""
    routes = ruleset.table.routes
    if not routes:
        return
    document = ruleset.document
    taken = {name for route in routes for name in (ruleset.sources if route.sources is None else route.sources)}
    _tell("source", document.sources, taken, "no route takes its events", problems)
    gone_to = {action.destination.name for action in _actions(ruleset)}
    _tell("destination", document.destinations, gone_to, "no action goes to it", problems)
    used = {name for template in _templates(ruleset) for name in template.names}
    _tell("variable", document.vars, used, "no template names it", problems)
    for key, node in document.sources.entries:
        if str(key.value) in taken:
            _tell("variable", _vars(node), used, "no template names it", problems)
    for node in document.routes:
        own = _vars(node)
        if own.entries:
            route = next((route for route in routes if route.mark == node.mark), None)
            _tell(
                "variable",
                own,
                _used_in(route) if route is not None else used,
                "no template of the route names it",
                problems,
            )


def _tell(what: str, section: Mapping, used: Collection[str], why: str, problems: Problems) -> None:
    for key, _ in section.entries:
        name = str(key.value)
        if name not in used:
            near = get_close_matches(name, used, n=1, cutoff=0.8)
            hint = f"`{near[0]}` is used: is one of them the other, misspelled?" if near else None
            problems.warning("unused", key, f"the {what} `{name}` is not used: {why}", hint)


def _vars(node: Node) -> Mapping:
    found = node.get("vars") if isinstance(node, Mapping) else None
    return found if isinstance(found, Mapping) else Mapping((), node.mark)


def _actions(ruleset: Ruleset) -> Iterator[RouteAction]:
    for route in ruleset.table.routes:
        yield from (*route.actions, *route.otherwise, *(route.on_dead or ()))
    yield from ruleset.table.on_dead


def _templates(ruleset: Ruleset) -> Iterator[Template]:
    for action in _actions(ruleset):
        yield from action.templates
    for vars_ in (*ruleset.table.source_vars.values(), *(route.vars for route in ruleset.table.routes)):
        for var in vars_:
            yield from templates_of(var.part)
    yield from (route.condition for route in ruleset.table.routes if route.condition is not None)


def _used_in(route: Route) -> set[str]:
    every: Iterable[RouteAction] = (*route.actions, *route.otherwise, *(route.on_dead or ()))
    templates = [template for action in every for template in action.templates]
    templates += [template for var in route.vars for template in templates_of(var.part)]
    templates += [route.condition] if route.condition is not None else []
    return {name for template in templates for name in template.names}
