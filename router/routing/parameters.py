"""The parameters of an action: compiled and checked at load, rendered to JSON for each event."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from router.config.fields import kind_of
from router.config.kept import Texts
from router.config.model_check import note_value
from router.config.node import Mapping, Mark, Node, Scalar, Sequence, at
from router.config.problem import Problems
from router.errors import RenderError
from router.plugin import Action, Fault, Model, Usage
from router.routing.bounds import PARAMS_BYTES
from router.routing.builder import NOT_YET, Builder
from router.routing.parts import Each, ListOf, MapOf, Part
from router.routing.shape import Listing, Slot, Struct

_LEFT_OUT = object()


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an action is given, compiled."""

    model: type[BaseModel]
    part: MapOf
    node: Mapping

    def render(self, names: dict[str, Any]) -> bytes:
        """Return the parameters for one event as JSON; raises RenderError with place, field and reason."""
        values = self.part.render(names)
        try:
            made = self.model.model_validate(values)
            plain = made.model_dump(mode="json", exclude_unset=True, by_alias=True)
            text = json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            data = text.encode()
        except ValidationError as error:
            loc, said = _first(error)
            mark = at(self.node, loc)
            raise RenderError(f"{mark.file}:{mark.line}: {said}") from error
        except UnicodeEncodeError as error:
            raise self._failed("a text holds half of a surrogate pair, which is no character") from error
        except Exception as error:
            raise self._failed(f"{error or type(error).__name__}") from error
        if len(data) > PARAMS_BYTES:
            raise self._failed(f"the parameters are larger than {PARAMS_BYTES // 1024} KiB")
        return data

    @property
    def written(self) -> Any:
        """The parameters as they stand in the file, for a plugin's `check` and `probe`."""
        return _as_written(self.node)

    def _failed(self, reason: str) -> RenderError:
        return RenderError(f"{self.node.mark.file}:{self.node.mark.line}: {reason}")


def compile_parameters(
    node: Node,
    action: type[Action[Any, Any]],
    config: Model | None,
    usage: Usage,
    known: Collection[str],
    problems: Problems,
    files: Texts,
) -> Parameters | None:
    """Compile and check the parameters of an action; faults are noted at their places."""
    if not isinstance(node, Mapping):
        problems.error("wrong-type", node, f"`{action.name}` must be a mapping, not {kind_of(node)}")
        return None
    told_before = problems.at(node.head)  # what is wrong with the action, its destination perhaps
    builder = Builder(known, problems, files)
    part = builder.struct(Struct(action.Params), node, "")
    told_already = problems.at(node.head)
    _check_constants(action.Params, part, node, problems, whole=part.constant and not builder.misspelled)
    if not NOT_YET & set(node.keys()):
        for fault in _faults(action, config, node, usage, problems):
            mark = place_of(node, fault.path)
            told = problems.at(mark) and (fault.path or not told_before)
            if not told and not (builder.misspelled and not fault.path):
                note = problems.warning if fault.warning else problems.error
                note("parameters", mark, fault.message)
                if fault.path and not fault.warning and not told_already:
                    problems.forget(node.head)  # the model said of the whole what is told at its place now
    return Parameters(action.Params, part, node)


def _faults(
    action: type[Action[Any, Any]], config: Model | None, node: Mapping, usage: Usage, problems: Problems
) -> list[Fault]:
    """Return what the plugin's own check finds; one that breaks is a problem like any other."""
    try:
        return list(action.check(config, _as_written(node), usage))
    except Exception as error:
        said = f"the check of `{action.name}` broke on this: {type(error).__name__}: {error}"
        problems.error("broken-plugin", node, said, "if the parameters are right, its author should know")
        return []


def place_of(node: Node, path: tuple[str | int, ...], *, key: bool = False) -> Mark:
    """Return where a fault at the end of a path is shown: at its value, with `key` at the key of that."""
    if not path:
        return node.head if isinstance(node, Mapping) else node.mark
    owner: Node = node
    for number, step in enumerate(path):
        last = number == len(path) - 1
        if last and isinstance(owner, Mapping) and (named := owner.key(str(step))) is not None:
            inner = owner.get(str(step))
            return inner.mark if isinstance(inner, Scalar) and not key else named.mark
        mark = at(owner, (step,))
        inner_node = owner.get(str(step)) if isinstance(owner, Mapping) else None
        if isinstance(owner, Sequence) and isinstance(step, int) and step < len(owner.items):
            inner_node = owner.items[step]
        if inner_node is None:
            return mark
        owner = inner_node
    return owner.mark


def _as_written(node: Node) -> Any:
    """Return the tree for a plugin's check; the text of a file stands for it only by its path."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [_as_written(item) for item in node.items]
    return {str(key.value): _as_written(value) for key, value in node.entries}


def _check_constants(
    model: type[BaseModel], part: MapOf, node: Mapping, problems: Problems, *, whole: bool
) -> None:
    """Validate what no event changes: all of it, or the fields that are constant. What is missing was told."""
    values = part.render({}) if whole else _constants(Slot((Struct(model),)), part)
    try:
        model.model_validate(values)
    except ValidationError as error:
        noted: dict[Any, list[Any]] = {}
        for fault in error.errors(include_url=False, include_input=False):
            loc = fault["loc"]
            if fault["type"] == "missing" or (not whole and _is_struct(model, loc)):
                continue
            noted.setdefault(place_of(node, _existing(node, loc)), []).append(fault)
        for mark, group in noted.items():
            steps = _existing(node, group[0]["loc"])
            note_value(problems, mark, _named(steps), group, _node_at(node, steps))


def _constants(slot: Slot, part: Part) -> Any:
    if part.constant:
        return part.render({})
    structs = slot.of(Struct)
    if isinstance(part, MapOf) and structs:
        known: dict[str, Any] = {name: field.slot for s in structs for name, field in s.fields.items()}
        found = {name: _constants(known[name], inner) for name, inner in part.entries if name in known}
        return {name: value for name, value in found.items() if value is not _LEFT_OUT}
    if (
        isinstance(part, ListOf)
        and (lists := slot.of(Listing))
        and not any(isinstance(p, Each) for p in part.parts)
    ):
        items = [_constants(lists[0].item, inner) for inner in part.parts]
        return items if all(item is not _LEFT_OUT for item in items) else _LEFT_OUT
    return _LEFT_OUT


def _is_struct(model: type[BaseModel], loc: tuple[int | str, ...]) -> bool:
    """Whether an error is about a mapping as a whole, of which only a part is known yet."""
    options: tuple[Any, ...] = (Struct(model),)
    for step in loc:
        inner: list[Any] = []
        for option in options:
            if isinstance(option, Struct) and isinstance(step, str) and step in option.fields:
                inner += option.fields[step].slot.options
            elif isinstance(option, Listing) and isinstance(step, int):
                inner += option.item.options
        options = tuple(inner) or options
    return any(isinstance(option, Struct) for option in options)


def _existing(node: Node, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the steps that lead somewhere in the file; pydantic adds the members of unions."""
    steps: list[int | str] = []
    for step in loc:
        inner = node.get(str(step)) if isinstance(node, Mapping) else None
        if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            inner = node.items[step]
        if inner is not None:
            steps.append(step)
            node = inner
    return tuple(steps)


def _first(error: ValidationError) -> tuple[tuple[int | str, ...], str]:
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    loc = tuple(fault["loc"])
    name = _named(loc)
    return loc, (f"`{name}`: " if name else "") + _told(fault["msg"])


def _node_at(node: Node, steps: tuple[int | str, ...]) -> Node:
    for step in steps:
        inner = node.get(str(step)) if isinstance(node, Mapping) else None
        if isinstance(node, Sequence) and isinstance(step, int):
            inner = node.items[step]
        node = inner or node
    return node


def _named(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc).lstrip(".")


def _told(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "it should be")
