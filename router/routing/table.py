"""All routes of a configuration, found quickly by the source and type of an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from router.config.node import Mapping as MappingNode
from router.config.node import Mark, Node
from router.config.problem import Problems
from router.routing.action import ActionPolicy, RouteAction
from router.routing.context import Context
from router.routing.names import ALWAYS
from router.routing.route import Route, compile_route
from router.routing.template import is_template
from router.routing.vars import Var, check_name, compile_vars

__all__ = ["ActionPolicy", "RouteTable", "compile_routes"]

_REMEMBERED = 4096  # pairs of source and type; senders choose the types, so this is bounded


class RouteTable:
    """The routes in file order; `files` are what they read besides the configuration (`{file: ...}`)."""

    def __init__(
        self,
        routes: Sequence[Route],
        constants: Mapping[str, Any],
        source_vars: Mapping[str, tuple[Var, ...]],
        files: Sequence[Path] = (),
    ) -> None:
        self.routes = tuple(route.at(order) for order, route in enumerate(routes))
        self.constants = constants
        self.source_vars = source_vars
        self.files = tuple(files)
        self._actions: dict[tuple[str, str], RouteAction] = {
            (route.name, action.name): action
            for route in self.routes
            for action in (*route.actions, *route.otherwise)
        }
        self._exact: dict[str, list[Route]] = defaultdict(list)
        self._open: list[Route] = []
        for route in self.routes:
            if route.events is None or route.events.globs:
                self._open.append(route)
            else:
                for name in route.events.exact:
                    self._exact[name].append(route)
        self._found: dict[tuple[str, str], tuple[Route, ...]] = {}

    @property
    def actions(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the actions of each route, those under `else` too."""
        return {route.name: tuple(a.name for a in (*route.actions, *route.otherwise)) for route in self.routes}

    def candidates(self, source: str, type_: str) -> tuple[Route, ...]:
        """Return the routes that want events of this source and type, switched-off ones too, in file order."""
        found = self._found.get((source, type_))
        if found is None:
            near = (*self._exact.get(type_, ()), *self._open)
            found = tuple(sorted((r for r in near if r.wants(source, type_)), key=lambda route: route.order))
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[source, type_] = found
        return found

    def policy(self, route: str, action: str) -> ActionPolicy | None:
        """Return how an action's deliveries are retried; None where there is no such action any more."""
        found = self._actions.get((route, action))
        return found.policy if found else None


def compile_routes(routes: Sequence[Node], context: Context, problems: Problems) -> RouteTable:
    """Compile all routes; every fault is noted, and the table must not be used where there are any."""
    _check_constants(context.vars, problems)
    constants = context.constants
    of_sources: dict[str, tuple[Var, ...]] = {}
    for source in context.sources.values():
        entries = ((name, node.mark, node) for name, node in source.vars.items())
        of_sources[source.name] = compile_vars(entries, ALWAYS | set(constants), problems, context.files)
    found: list[Route] = []
    first: dict[str, Mark] = {}
    for node in routes:
        route = compile_route(node, context, problems)
        if route is None:
            continue
        named = (node.get("name") if isinstance(node, MappingNode) else None) or node
        if (other := first.setdefault(route.name, named.mark)) is not named.mark:
            message = f"the route `{route.name}` is defined at {other} as well"
            problems.error("defined-twice", named, message, "give one of them another name")
        found.append(route)
    return RouteTable(found, constants, of_sources, sorted(context.files))


def _check_constants(node: MappingNode | None, problems: Problems) -> None:
    for key, value in node.entries if node is not None else ():
        check_name(str(key.value), key.mark, problems)
        if is_template(getattr(value, "value", None)):
            message = f"`{key.value}` is a constant of the file: the template in it stays as it is written"
            problems.warning("constant", value, message, "put it under the `vars` of the source or the route")
