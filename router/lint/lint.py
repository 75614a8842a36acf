"""Goes through a configuration that has no errors, and notes what cannot have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from router.config.node import Mapping, Node, Sequence
from router.config.problem import Problems
from router.lint.condition_fields import check_condition
from router.lint.doubtful_secret import check_secrets
from router.lint.expression import Names
from router.lint.fields import check_template, names_of, scoped, under_each, with_vars
from router.lint.never import check_action_events, check_constant_if, check_fallback, check_where
from router.lint.rehearsal import Budget, check_constants, check_samples
from router.lint.unused import check_unused
from router.lint.view import View, Views
from router.routing.action import RouteAction
from router.routing.reach import templates_of
from router.routing.route import Route
from router.routing.template import Template
from router.routing.vars import Var
from router.ruleset import Ruleset


def lint(ruleset: Ruleset, problems: Problems) -> None:
    """Note what is allowed and can hardly be meant, as warnings at their places; pure.

    Fields are looked for in the samples of the providers, and the samples are planned as events are, so that
    it takes time: not for the start of `run` or a reload.
    """
    _Lint(ruleset, problems).run()


class _Lint:
    def __init__(self, ruleset: Ruleset, problems: Problems) -> None:
        self.ruleset = ruleset
        self.problems = problems
        self.views = Views(ruleset.sources)
        self.budget = Budget()
        self._known_names: dict[tuple[int, str | None], Names] = {}

    def run(self) -> None:
        check_unused(self.ruleset, self.problems)
        check_secrets(self.ruleset, self.problems)
        self._source_vars()
        for node in self.ruleset.document.routes:
            route = self.ruleset.table.route(_name(node))
            if route is not None:
                self._route(route, node)

    def _source_vars(self) -> None:
        """Check the vars that stand in the file; those of presets are ours."""
        files = self.ruleset.document.texts
        for name, vars_ in self.ruleset.table.source_vars.items():
            view = self.views.of(frozenset((name,)))
            for number, var in enumerate(vars_):
                names = with_vars(names_of(view), vars_[:number])
                for template in templates_of(var.part):
                    if template.place.mark.file in files:
                        self._template(template, names, view, vars_[:number])

    def _route(self, route: Route, node: Node) -> None:
        view = self.views.of(route.sources, route.events)
        known = self._known(route)
        check_where(route, known, self.problems)
        if route.fallback:
            mark = _value(node, "fallback").mark
            check_fallback(route, self.ruleset.table.routes, self.ruleset.sources, mark, self.problems)
        if route.condition is not None:
            otherwise = node.key("else") if isinstance(node, Mapping) else None
            at_else = otherwise.mark if otherwise is not None else None
            place = _value(node, "if").mark
            check_constant_if(
                route.condition, otherwise=at_else, place=place, what="route", problems=self.problems
            )
        if route.where is not None:
            check_condition(route.where, _value(node, "where"), view, self.problems)
        vars_ = self._vars(route)
        names = self._names(view, route)
        own = [template for var in route.vars for template in templates_of(var.part)]
        for template in [*own, *([route.condition] if route.condition is not None else [])]:
            self._template(template, names, view, vars_)
        for key, actions in (("actions", route.actions), ("else", route.otherwise)):
            for action, inner in zip(actions, _items(_value(node, key)), strict=False):
                self._action(route, action, inner, vars_, known)
        check_samples(self.ruleset.table, route, view, self.budget, self.problems)

    def _action(
        self, route: Route, action: RouteAction, node: Node, vars_: tuple[Var, ...], known: frozenset[str] | None
    ) -> None:
        view = self.views.of(route.sources, route.events, action.events)
        names = self._names(view, route)
        if action.events is not None:
            place = _value(node, "event").mark
            check_action_events(action.events, route.events, known, place, self.problems)
        if action.condition is not None:
            place = _value(node, "if").mark
            check_constant_if(action.condition, otherwise=None, place=place, what="action", problems=self.problems)
        if not view.events:
            check_constants(action, self.problems)
        if action.each is not None:
            self._template(action.each, names, view, vars_)
            names = under_each(action.each, names)
        for template in (*([action.condition] if action.condition is not None else []), *action.timing.templates):
            self._template(template, names, view, vars_)
        for template, known_here in scoped(action.parameters.part, names):
            self._template(template, known_here, view, vars_)

    def _template(self, template: Template, names: Names, view: View, vars_: Iterable[Var]) -> None:
        check_template(template, names, view, [var.name for var in vars_], self.problems)

    def _vars(self, route: Route) -> tuple[Var, ...]:
        """Return the vars of the route, and before them those of its source where it has one."""
        return (*self._vars_of(self._only_source(route)), *route.vars)

    def _names(self, view: View, route: Route) -> Names:
        only = self._only_source(route)
        key = (id(view), only)  # views stay as long as this does
        if key not in self._known_names:
            self._known_names[key] = with_vars(names_of(view), self._vars_of(only))
        return with_vars(self._known_names[key], route.vars) if route.vars else self._known_names[key]

    def _only_source(self, route: Route) -> str | None:
        sources = route.sources if route.sources is not None else frozenset(self.ruleset.sources)
        return next(iter(sources)) if len(sources) == 1 else None

    def _vars_of(self, source: str | None) -> tuple[Var, ...]:
        return self.ruleset.table.source_vars.get(source, ()) if source is not None else ()

    def _known(self, route: Route) -> frozenset[str] | None:
        sources = self.ruleset.sources if route.sources is None else route.sources
        types = [self.ruleset.sources[name].known_types for name in sources]
        return frozenset().union(*types) if types and all(types) else None


def _name(node: Node) -> str:
    found = node.get("name") if isinstance(node, Mapping) else None
    return str(getattr(found, "value", ""))


def _value(node: Node, key: str) -> Node:
    """Return the value of a key, or the mapping where it has none."""
    return (node.get(key) if isinstance(node, Mapping) else None) or node


def _items(node: Node) -> Iterator[Node]:
    yield from node.items if isinstance(node, Sequence) else ()
