"""What two configurations set differently, whatever events there are: destinations, retries, sources, names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from router.comparison.change import Name
from router.comparison.difference import MISSING, Difference, differences
from router.config.node import plain
from router.destinations import Destination
from router.routing.action import RouteAction
from router.ruleset import Ruleset

_LIMITS = ("plugin", "concurrency", "timeout", "interval", "max_pause")


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that is set differently; `of` says of what. A secret is `***` on both sides."""

    of: str
    difference: Difference


def names_of(ruleset: Ruleset) -> set[Name]:
    """Return every route with every of its actions."""
    return {(route, action) for route, actions in ruleset.table.actions.items() for action in actions}


def settings(before: Ruleset, after: Ruleset) -> Iterator[Setting]:
    """Yield what differs, but for the deliveries of events.

    Of `route`, `destination` and `source`: which of them only one has (the other side is MISSING), and the routes
    that are switched on or off (true or false). Of a destination, source or action that both have: its settings.
    """
    for what, old, new in (
        ("route", before.table.actions, after.table.actions),
        ("destination", _named(before), _named(after)),
        ("source", before.sources, after.sources),
    ):
        for name in (*old, *(name for name in new if name not in old)):
            if name not in new:
                yield Setting(what, Difference(name, name, MISSING))
            elif name not in old:
                yield Setting(what, Difference(name, MISSING, name))
    yield from _switches(before, after)
    for name, destination in before.destinations.items():
        if (other := after.destinations.get(name)) is not None:
            yield from _of(f"destination {name}", _destination(destination), _destination(other))
    for name in before.sources:
        if name in after.sources:
            yield from _of_source(name, before, after)
    yield from _policies(before, after)


def _of(of: str, before: Any, after: Any) -> Iterator[Setting]:
    return (Setting(of, _shown(difference)) for difference in differences(before, after))


def _policies(before: Ruleset, after: Ruleset) -> Iterator[Setting]:
    """Yield how actions are retried differently, unless their destination says so for all of them."""
    new = _actions(after)
    for name, action in _actions(before).items():
        if (other := new.get(name)) is None:
            continue
        first, second = action.destination, other.destination
        of_all = differences(
            {"retry": asdict(first.retry), "timeout": first.timeout},
            {"retry": asdict(second.retry), "timeout": second.timeout},
        )
        told = {(difference.path, difference.before, difference.after) for difference in of_all}
        for setting in _of(f"action {'/'.join(name)}", asdict(action.policy), asdict(other.policy)):
            found = setting.difference
            if first.name != second.name or (found.path, found.before, found.after) not in told:
                yield setting


def _actions(ruleset: Ruleset) -> dict[Name, RouteAction]:
    routes = ruleset.table.routes
    return {(r.name, action.name): action for r in routes for action in (*r.actions, *r.otherwise)}


def _switches(before: Ruleset, after: Ruleset) -> Iterator[Setting]:
    for route in before.table.routes:
        other = after.table.route(route.name)
        if other is not None and other.enabled != route.enabled:
            yield Setting("route", Difference(route.name, route.enabled, other.enabled))


def _named(ruleset: Ruleset) -> dict[str, Destination]:
    """Return the destinations that the file has, without those that need no settings."""
    return {name: found for name, found in ruleset.destinations.items() if found.mark is not None}


def _destination(destination: Destination) -> Mapping[str, Any]:
    limits = {name: getattr(destination, name) for name in _LIMITS}
    retry, breaker = asdict(destination.retry), destination.breaker and asdict(destination.breaker)
    return {**_plain(destination.config), **limits, "retry": retry, "breaker": breaker}


def _of_source(name: str, before: Ruleset, after: Ruleset) -> Iterator[Setting]:
    """Yield the keys of a source that differ, without their values: there may be secrets among them."""
    old, new = (found.document.sources.get(name) for found in (before, after))
    if old is None or new is None:
        return
    keys = {difference.path.split(".")[0].split("[")[0] for difference in differences(plain(old), plain(new))}
    for key in sorted(keys):
        yield Setting(f"source {name}", Difference(key, "***", "***"))


class _Secret(str):
    """A secret's value: it is compared, and never shown."""

    __slots__ = ()


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr | SecretBytes):
        return _Secret(value.get_secret_value())
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _shown(difference: Difference) -> Difference:
    before, after = (_hidden(value) for value in (difference.before, difference.after))
    return Difference(difference.path, before, after)


def _hidden(value: Any) -> Any:
    if isinstance(value, _Secret):
        return "***"
    if isinstance(value, dict):
        return {key: _hidden(inner) for key, inner in value.items()}
    return [_hidden(inner) for inner in value] if isinstance(value, list) else value
