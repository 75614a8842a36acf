"""Finds action plugins: the shipped folder, the folders that a configuration names, and entry points."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points as installed_entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from router.plugin import Action, Model
from router.plugin_file import Unusable, execute, told

GROUP = "router.actions"
"""The entry-point group under which an installed package offers its actions."""

RESERVED = frozenset(
    ("name", "destination", "event", "if", "for_each", "retry", "timeout", "delay", "fresh", "lane", "final")
)
"""Keys that stand beside the action's own in a route, so no action can be named so."""

DESTINATION_KEYS = frozenset(("type", "rate", "concurrency", "breaker", "retry", "timeout", "max_pause"))
"""Keys of every destination, so no Config can have a field named so."""

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class PluginFault:
    """A plugin that cannot be used: the file (or the package) and its line, what is wrong and what to do."""

    file: str
    message: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class RegisteredAction:
    """An action that routes can name; `origin` is the file or the package that it came from."""

    name: str
    action: type[Action[Any, Any]]
    origin: str
    version: str


class Registry:
    """The actions that were found, by name, and the faults of the plugins that could not be used."""

    def __init__(self, actions: Mapping[str, RegisteredAction], faults: Sequence[PluginFault] = ()) -> None:
        self.actions: Mapping[str, RegisteredAction] = MappingProxyType(dict(actions))
        self.faults = tuple(faults)

    def get(self, name: str) -> RegisteredAction | None:
        """Return the action of that name; None where there is none."""
        return self.actions.get(name)


def shipped_dir() -> Path:
    """Return the folder of the shipped actions: inside the package in a wheel, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    inside = here / "_plugins"
    return inside if inside.is_dir() else here.parent / "plugins"


def load_registry(folders: Sequence[Path] = (), *, entry_points: bool = True) -> Registry:
    """Load the shipped actions, then those of `folders`, then those of installed packages.

    Raises nothing: a plugin that cannot be used is one of the registry's `faults`, and the others are
    loaded. A file is executed once in a process as long as its content stays the same.
    """
    found = _Found()
    shipped = shipped_dir().resolve()
    for folder in dict.fromkeys((shipped, *(folder.resolve() for folder in folders))):
        if not folder.is_dir():
            found.fault(str(folder), "this plugins folder does not exist: make it, or take it out of `plugins`")
            continue
        for file in sorted((*folder.glob("*.py"), *folder.glob("[!_.]*/__init__.py"))):
            if file.parent != folder or not file.name.startswith("_"):
                found.take_file(file, cached=folder == shipped)
    if entry_points:
        found.take_entry_points()
    return Registry(found.actions, found.faults)


class _Found:
    def __init__(self) -> None:
        self.actions: dict[str, RegisteredAction] = {}
        self.faults: list[PluginFault] = []

    def fault(self, file: str, message: str, line: int = 1) -> None:
        self.faults.append(PluginFault(file, message, line))

    def take_file(self, file: Path, *, cached: bool) -> None:
        try:
            classes = list(_actions_in(execute(file, cached=cached)))
        except Unusable as error:
            self.fault(str(file), str(error), error.line)
            return
        if not classes:
            self.fault(
                str(file),
                "there is no action in this file: write a subclass of `router.plugin.Action`, "
                "or start the name of a helper file with `_`",
            )
        for action in classes:
            self.add(action, str(file))

    def take_entry_points(self) -> None:
        for point in sorted(installed_entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
            package = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
            try:
                action = point.load()
            except (Exception, SystemExit) as error:
                self.fault(
                    package,
                    f"the action `{point.name}` ({point.value}) cannot be loaded: {told(error)}; "
                    "update or remove the package",
                )
                continue
            if isinstance(action, type) and issubclass(action, Action):
                self.add(action, package)
            else:
                self.fault(package, f"the entry point `{point.name}` ({point.value}) is not a subclass of Action")

    def add(self, action: type[Action[Any, Any]], origin: str) -> None:
        try:
            name = _validated(action)
        except Unusable as error:
            self.fault(origin, f"class {action.__name__}: {error}", _line_of(action))
            return
        other = self.actions.get(name)
        if other is None:
            self.actions[name] = RegisteredAction(name, action, origin, action.version)
        elif other.action is not action:
            where = "twice in this file" if other.origin == origin else f"here and in {other.origin}"
            self.fault(origin, f"the action `{name}` is defined {where}: rename one of them", _line_of(action))


def _line_of(action: type[Any]) -> int:
    try:
        return inspect.getsourcelines(action)[1]
    except (OSError, TypeError):
        return 1


def _actions_in(module: ModuleType) -> Iterator[type[Action[Any, Any]]]:
    """Yield the actions that the module defines; a base class of its own starts with `_`."""
    for value in vars(module).values():
        if not isinstance(value, type) or not issubclass(value, Action):
            continue
        home = f"{value.__module__}."
        if home.startswith(f"{module.__name__}.") and not value.__name__.startswith("_"):
            yield value


def _validated(action: type[Action[Any, Any]]) -> str:
    """Return the action's name; raises Unusable saying what is missing or wrong."""
    name = getattr(action, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Unusable('it needs a `name` of lower-case letters, digits, `_` and `-`: name = "shout"')
    if name in RESERVED:
        raise Unusable(f"`{name}` has a meaning in routes already: choose another `name`")
    for part in ("Config", "Params"):
        model = getattr(action, part, None)
        if not isinstance(model, type) or not issubclass(model, Model):
            raise Unusable(f"`{part}` must be a subclass of `router.plugin.Model`: {part} = My{part}")
    if taken := DESTINATION_KEYS & {field.alias or key for key, field in action.Config.model_fields.items()}:
        raise Unusable(f"every destination has `{min(taken)}` already: rename that field of its Config")
    if not isinstance(action.version, str):
        raise Unusable('`version` must be a text: version = "1"')
    if inspect.isabstract(action):
        raise Unusable("it needs `execute`: async def execute(self, params, delivery)")
    try:
        inspect.signature(action.execute).bind(None, None, None)
    except TypeError:
        raise Unusable("`execute` must take (self, params, delivery)") from None
    return name
