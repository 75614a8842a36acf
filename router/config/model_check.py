"""A mapping of the file -> a pydantic model, with pydantic's errors at their place in the file."""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from router.config.fields import flag_hint, kind_of
from router.config.node import Mapping, Mark, Node, Scalar, Sequence, plain
from router.config.problem import Problems, did_you_mean

M = TypeVar("M", bound=BaseModel)
Step = str | int

_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "mapping_type": "a mapping",
    "none_required": "null",
    "bytes_type": "a text",
    "url_type": "an address",
}
_SHORTEST = 4  # shorter values are no secrets, and would blacken ordinary words


@dataclass(frozen=True, slots=True)
class _Fault:
    """One error of pydantic: where it stands in the file, and the member of a union that complains."""

    kind: str
    steps: tuple[Step, ...]  # those that exist in the file
    last: str  # the last name that pydantic gives
    message: str
    expected: str
    at: int  # how many steps lead to the union; -1 without one
    member: str


def build_model(
    model: type[M], node: Mapping, problems: Problems, what: str, *, skip: Collection[str] = ()
) -> M | None:
    """Return the model that a mapping describes, or None where it is at fault.

    `what` names the mapping in messages ("the destination `slack`"); keys in `skip` are left to others. No
    message quotes a value, because it may be a secret. Validators find the folder of the file, to which its
    paths are relative, in their context as `folder`.
    """
    values = {str(key.value): plain(value) for key, value in node.entries if key.value not in skip}
    try:
        return model.model_validate(values, context={"folder": Path(node.mark.file).parent})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    except RecursionError:
        problems.error("too-deep", node, f"{what} is nested too deep")
        return None
    faults = list(_chosen([_fault(node, detail) for detail in details]))
    meant = {(group[0].steps[:-1], near) for _, group in faults if (near := _meant(model, group[0], skip))}
    for _, group in faults:
        if group[0].kind == "missing" and (group[0].steps, f"did you mean `{group[0].last}`?") in meant:
            continue  # it is there, misspelled
        _tell(model, node, group, problems, what, skip)
    return None


def _fault(node: Mapping, detail: Any) -> _Fault:
    loc: tuple[Step, ...] = detail["loc"]
    kind, at, member = str(detail["type"]), -1, ""
    steps: list[Step] = []
    current: Node = node
    for number, step in enumerate(loc):
        inner = _inner(current, step)
        if inner is not None:
            steps.append(step)
            current = inner
        elif step == "[key]":
            continue
        elif at < 0 and not (kind == "missing" and number == len(loc) - 1):
            at, member = len(steps), str(step)
    context = detail.get("ctx") or {}
    expected = str(context.get("expected", "")) if kind in ("literal_error", "enum") else ""
    return _Fault(kind, tuple(steps), str(loc[-1]) if loc else "", str(detail["msg"]), expected, at, member)


def _inner(node: Node, step: Step) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(str(step))
    if isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def _chosen(faults: list[_Fault]) -> Iterator[tuple[tuple[Step, ...], list[_Fault]]]:
    """Yield the faults to tell, those of one place together.

    Every member of a union complains; only the one that was probably meant is told: the one that got
    beyond the type of the whole, with the fewest faults. Where none did, all their types are named at once.
    """
    unions: dict[tuple[Step, ...], dict[str, list[_Fault]]] = {}
    for fault in faults:
        if fault.at < 0:
            yield fault.steps, [fault]
        else:
            unions.setdefault(fault.steps[: fault.at], {}).setdefault(fault.member, []).append(fault)
    for place, members in unions.items():
        beyond = [group for group in members.values() if not _only_type(group, place)]
        if beyond:
            for fault in min(beyond, key=len):
                yield fault.steps, [fault]
        else:
            yield place, [fault for group in members.values() for fault in group]


def _only_type(group: list[_Fault], place: tuple[Step, ...]) -> bool:
    return len(group) == 1 and group[0].steps == place and group[0].kind in _WANTED


def note_value(problems: Problems, mark: Mark, name: str, group: list[Any], value: Node) -> None:
    """Note what pydantic says of one value that stands in a route; `group` are its details, of a union several.

    What it says may quote the value: nothing secret stands in a route.
    """
    fault = group[0]
    kinds = [str(one["type"]) for one in group]
    subject = f"`{name}`" if name else "this action"
    if all(kind in _WANTED for kind in kinds):
        wanted = " or ".join(dict.fromkeys(_WANTED[kind] for kind in kinds))
        message, hint = f"{subject} must be {wanted}, not {kind_of(value)}", _type_hint(value, wanted)
        problems.error("wrong-type", mark, message, hint)
    elif (expected := str((fault.get("ctx") or {}).get("expected", ""))) and kinds[0] in ("literal_error", "enum"):
        _note_options(problems, mark, name, expected, value)
    else:
        texts = dict.fromkeys(str(one["msg"]).removeprefix("Value error, ") for one in group)
        problems.error("wrong-value", mark, (f"`{name}`: " if name else "") + "; or ".join(texts))


def _note_options(problems: Problems, mark: Mark, name: str, expected: str, value: Node) -> None:
    words = [word for word in expected.replace(" or ", ", ").split(", ") if word]
    options = [word.strip("'\"") for word in words]
    near = did_you_mean(str(value.value), options) if isinstance(value, Scalar) else None
    hint = near if near and near.startswith("did") else None
    problems.error("unknown-value", mark, f"`{name}` must be one of: {', '.join(options)}", hint)


def _tell(
    model: type[BaseModel],
    node: Mapping,
    group: list[_Fault],
    problems: Problems,
    what: str,
    skip: Collection[str],
) -> None:
    fault = group[0]
    value, key = _at(node, fault.steps)
    name, outer = _written(fault.steps), _written(fault.steps[:-1])
    if fault.kind == "missing":
        inside = f"`{name}` of {what}" if name else what
        problems.error("missing-key", key.mark if key else _head(value), f"{inside} needs `{fault.last}`")
    elif fault.kind == "extra_forbidden":
        inside = f"`{outer}` of {what}" if outer else what
        hint = _meant(model, fault, skip)
        problems.error("unknown-key", key or value, f"{inside} has no key `{fault.last}`", hint)
    elif fault.kind == "not_yet":
        problems.error("not-yet", key or value, f"`{name}` is not supported yet")
    elif all(one.kind in _WANTED for one in group):
        wanted = " or ".join(dict.fromkeys(_WANTED[one.kind] for one in group))
        subject = f"`{name}`" if name else what
        problems.error(
            "wrong-type", value, f"{subject} must be {wanted}, not {kind_of(value)}", _type_hint(value, wanted)
        )
    elif fault.expected:
        _note_options(problems, value.mark, name, fault.expected, value)
    else:
        subject = f"`{name}`" if name else what
        message = _without_values(fault.message, value, node)
        problems.error("wrong-value", _head(value), f"{subject}: {message}")


def _meant(model: type[BaseModel], fault: _Fault, skip: Collection[str]) -> str | None:
    """Return the hint for an unknown key; None for other faults."""
    if fault.kind != "extra_forbidden":
        return None
    return did_you_mean(fault.last, _keys(model, fault.steps[:-1]) | set(skip if len(fault.steps) == 1 else ()))


def _head(value: Node) -> Mark:
    return value.head if isinstance(value, Mapping) else value.mark


def _at(node: Mapping, steps: tuple[Step, ...]) -> tuple[Node, Scalar | None]:
    """Return the value that the steps lead to, and its key where it has one."""
    value: Node = node
    key: Scalar | None = None
    for step in steps:
        key = value.key(str(step)) if isinstance(value, Mapping) else None
        value = _inner(value, step) or value
    return value, key


def _type_hint(value: Node, wanted: str) -> str | None:
    if not isinstance(value, Scalar):
        return None
    if "a text" in wanted and value.plain and value.value is not None:
        return "quote it"
    return flag_hint(value) if wanted == "true or false" else None


def _written(steps: tuple[Step, ...]) -> str:
    """Return a path as people write it: `blocks[0].text`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _keys(model: type[BaseModel], steps: tuple[Step, ...]) -> set[str]:
    """Return the keys, as the file has them, of whatever models may stand where the steps lead."""
    kinds: list[Any] = [model]
    for step in steps:
        inner: list[Any] = []
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                fields = ((field.alias or name, field) for name, field in kind.model_fields.items())
                inner += [part for name, field in fields if name == step for part in _parts(field.annotation)]
            elif typing.get_origin(kind) in (list, tuple, dict):
                inner += [part for argument in typing.get_args(kind) for part in _parts(argument)]
        kinds = inner
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return {field.alias or name for one in models for name, field in one.model_fields.items()}


def _parts(annotation: Any) -> list[Any]:
    """Return the members of a union, annotations and aliases taken off."""
    if hasattr(annotation, "__value__"):  # `type X = ...`
        return _parts(annotation.__value__)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _parts(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return [part for argument in typing.get_args(annotation) for part in _parts(argument)]
    return [annotation]


def _without_values(message: str, value: Node, node: Mapping) -> str:
    """Return a validator's message without the values that stand at its place, or came from outside."""
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    texts = {*_texts(value), *(text for text in _texts(node, only_references=True))}
    for text in sorted(texts, key=len, reverse=True):
        message = message.replace(text, "***")
    message = message.removesuffix(": ***")  # the caret shows it
    return message[:1].lower() + message[1:] if message[:2].istitle() or message[1:2] == " " else message


def _texts(node: Node, *, only_references: bool = False) -> Iterator[str]:
    if isinstance(node, Scalar):
        text = str(node.value)
        if len(text) >= _SHORTEST and isinstance(node.value, str) and not (only_references and text == node.text):
            yield text
            yield repr(text)[1:-1]
        return
    for inner in node.items if isinstance(node, Sequence) else [value for _, value in node.entries]:
        yield from _texts(inner, only_references=only_references)
