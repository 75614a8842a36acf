"""All routes of a configuration, found quickly by the source and type of an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from router.config.node import Mapping as MappingNode
from router.config.node import Mark, Node
from router.config.problem import Problems
from router.routing.action import PREFIX, ActionPolicy, RouteAction
from router.routing.context import Context
from router.routing.names import ALWAYS
from router.routing.route import Route, compile_on_dead, compile_route
from router.routing.template import is_template
from router.routing.vars import Var, check_name, compile_vars

__all__ = ["ActionPolicy", "RouteTable", "compile_routes"]

_REMEMBERED = 4096  # pairs of source and type; senders choose the types, so this is bounded


class RouteTable:
    """The routes in file order; `files` are what they read besides the configuration (`{file: ...}`).

    `on_dead` are the actions for deaths of the routes that have none of their own.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        constants: Mapping[str, Any],
        source_vars: Mapping[str, tuple[Var, ...]],
        files: Sequence[Path] = (),
        on_dead: Sequence[RouteAction] = (),
    ) -> None:
        self.on_dead = tuple(on_dead)
        self.routes = tuple(route.at(order) for order, route in enumerate(routes))
        self.constants = constants
        self.source_vars = source_vars
        self.files = tuple(files)
        self._named = {route.name: route for route in self.routes}
        self._actions: dict[tuple[str, str], RouteAction] = {}
        for route in self.routes:
            for action in (*route.actions, *route.otherwise):
                self._actions[route.name, action.name] = action
            for action in self.on_dead if route.on_dead is None else route.on_dead:
                self._actions[route.name, PREFIX + action.name] = action
        self._of_deaths = {PREFIX + action.name: action for action in self.on_dead}
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

    def route(self, name: str) -> Route | None:
        """Return the route of a name."""
        return self._named.get(name)

    def policy(self, route: str, action: str) -> ActionPolicy | None:
        """Return how an action's deliveries are retried; None where there is no such action any more.

        What was made about a death of a route that has gone is of the file's own `on_dead`.
        """
        found = self._actions.get((route, action))
        if found is None and route not in self._named:
            found = self._of_deaths.get(action)
        return found.policy if found else None


def compile_routes(
    routes: Sequence[Node], context: Context, problems: Problems, *, on_dead: Node | None = None
) -> RouteTable:
    """Compile all routes, and the `on_dead` of all of them.

    Every fault is noted, and the table must not be used where there are any.
    """
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
            problems.error("duplicate-name", named, message, "give one of them another name")
        found.append(route)
    told = () if on_dead is None else compile_on_dead(on_dead, context, problems)
    return RouteTable(found, constants, of_sources, sorted(context.files.paths), told)


def _check_constants(node: MappingNode | None, problems: Problems) -> None:
    for key, value in node.entries if node is not None else ():
        check_name(str(key.value), key.mark, problems)
        if is_template(getattr(value, "value", None)):
            message = f"`{key.value}` is a constant of the file: the template in it stays as it is written"
            problems.warning(
                "template-in-vars", value, message, "put it under the `vars` of the source or the route"
            )
