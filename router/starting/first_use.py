"""A first use of an action: what it says itself, else what its fields need."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from router.plugin import URL, BaseUrl, Kind, Model
from router.registry import RegisteredAction
from router.starter import Starter, Subject


def first_use(action: RegisteredAction, about: Subject) -> Starter:
    """Return what the action makes of a subject."""
    return action.action.starter(about) or _of_fields(action, about)


def _of_fields(action: RegisteredAction, about: Subject) -> Starter:
    prefix = action.name.upper().replace("-", "_")
    settings: dict[str, Any] = {}
    variables: dict[str, str] = {}
    for key, field in _required(action.action.Config):
        if _is_text(field.annotation):
            name = f"{prefix}_{key.upper()}"
            settings[key] = f"${{{name}}}"
            variables[name] = field.description or f"`{key}` of the destination `{action.name}`."
        else:
            settings[key] = _value(_whole(field), about)
    params = _model(action.action.Params, about)
    return Starter(settings=settings, actions=[{action.name: params}], variables=variables)


def _required(model: type[Model]) -> list[tuple[str, FieldInfo]]:
    return [(field.alias or key, field) for key, field in model.model_fields.items() if field.is_required()]


def _model(model: type[Any], about: Subject) -> dict[str, Any]:
    """Return the required fields of a model; where none is, the first one, so that something is said."""
    fields = _required(model) or [(field.alias or key, field) for key, field in model.model_fields.items()][:1]
    return {key: _value(_whole(field), about) for key, field in fields}


def _whole(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _is_text(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _is_text(get_args(annotation)[0])
    return annotation in (str, SecretStr, BaseUrl)


def _value(annotation: Any, about: Subject) -> Any:
    """Return something of that type that tells the subject where it is a text."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        if URL in (mark for mark in args[1:] if isinstance(mark, Kind)):
            return "https://example.com/"
        least = next((mark.ge for mark in args[1:] if hasattr(mark, "ge")), None)
        return least if least is not None else _value(args[0], about)
    if origin in (Union, types.UnionType):
        return _value(next(arg for arg in args if arg is not type(None)), about)
    if origin is Literal:
        return args[0]
    if origin is list:
        return [_value(args[0], about)]
    if origin in (dict, Mapping):
        return {}
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return _model(annotation, about)
    return {bool: True, int: 1, float: 1.0}.get(annotation, about.text)
