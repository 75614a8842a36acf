"""The fields of a plugin's models as JSON Schema: what may stand in the file, templates and references too."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError
from pydantic_core import PydanticUndefined

from router.plugin import HEADER, HTML, JSON, MRKDWN, NAME, PATH, URL
from router.routing.kinds import FROM_FILE, VALUE, VAR
from router.routing.shape import Dictionary, Field, Leaf, Listing, Slot, Struct
from router.schema.choice import EACH, Schema, apart, choice, types_of

TEMPLATE: Schema = {
    "type": "string",
    "pattern": r"\{[{%]",
    "patternErrorMessage": "a template: {{ ... }}",
}
REFERENCE: Schema = {
    "type": "string",
    "pattern": r"\$\{",
    "patternErrorMessage": "a reference, such as ${NAME}",
}
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_KINDS = {
    HTML: "Values that templates put in are escaped.",
    MRKDWN: "Slack markup; `& < >` in values that templates put in are escaped.",
    URL: "An http(s) address; values that templates put in are percent-encoded.",
    PATH: "Values that templates put in are percent-encoded.",
    HEADER: "No line breaks.",
    NAME: "A constant; no templates here.",
    JSON: "Any value; templates keep their types.",
}


class FieldSchemas:
    """Makes the schemas of models, each once; `definitions` gathers them under `<plugin>.<model>`."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def parameters(self, plugin: str, model: type[BaseModel]) -> Schema:
        """Return the schema of an action's parameters, where templates may stand."""
        name = f"{plugin}.{model.__name__}"
        if name not in self.definitions:
            made: Schema = {"title": plugin, "type": "object"}
            self.definitions[name] = made  # before its fields: a model may hold itself
            made["description"] = _first_line(model)
            made["properties"] = {
                key: self._field(plugin, model, key, field) for key, field in Struct(model).fields.items()
            }
            if required := [key for key, field in Struct(model).fields.items() if field.required]:
                made["required"] = required
        return {"$ref": f"#/definitions/{name}"}

    def settings(self, plugin: str, model: type[BaseModel]) -> Schema:
        """Return the schema of a destination's own settings, where references may stand."""
        try:
            whole = TypeAdapter(model).json_schema(ref_template=f"#/definitions/{plugin}.{{model}}")
        except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError):  # a type that only Python knows
            return {"type": "object"}
        for name, inner in whole.pop("$defs", {}).items():
            self.definitions[f"{plugin}.{name}"] = _referable(inner)
        made: Schema = _referable(whole)
        made["title"] = f"{plugin} destination"
        made["description"] = _first_line(model)
        return made

    def _field(self, plugin: str, model: type[BaseModel], key: str, field: Field) -> Schema:
        info = next(i for n, i in model.model_fields.items() if key in (n, i.alias, i.validation_alias))
        options = self._options(plugin, field.slot, info.annotation)
        if field.slot.of(Leaf) and field.slot.kind in FROM_FILE:
            options.append({"$ref": "#/definitions/file"})
        made = choice(options)
        kind = _KINDS.get(field.slot.kind) if field.slot.of(Leaf) else None
        if said := " ".join(part for part in (_sentence(info.description), kind) if part):
            made = {"description": said, **made}
        if info.default not in (None, PydanticUndefined, "") and isinstance(info.default, str | int | list):
            made["description"] = f"{made.get('description', '')} Default {_written(info.default)}.".strip()
        return made

    def _options(self, plugin: str, slot: Slot, annotation: Any) -> list[Schema]:
        options: list[Schema] = []
        for option in slot.options:
            if isinstance(option, Struct):
                options.append(self.parameters(plugin, option.model))
            elif isinstance(option, Dictionary):
                value = choice(self._options(plugin, option.value, Any))
                options.append({"type": "object", "additionalProperties": value})
            elif isinstance(option, Listing):
                item = choice([*self._options(plugin, option.item, Any), EACH])
                options += [{"type": "array", "items": item}, TEMPLATE]
            elif isinstance(option, Leaf):
                options += _leaf(option, annotation)
            else:
                options += [{"type": ["array", "object"]}, TEMPLATE]
        if slot.nullable:
            options.append({"type": "null"})
        return options


def closed(schema: Schema) -> Schema:
    """Return a copy in which every mapping with known keys refuses others; `<<` stays YAML's own."""
    return apart(_closed(schema))  # type: ignore[no-any-return] # a mapping stays one


def _closed(value: Any) -> Any:
    if isinstance(value, list):
        return [_closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _closed(inner) for key, inner in value.items()}
    known = "object" in types_of(made) and isinstance(made.get("properties"), dict)
    if known and made.get("additionalProperties", False) is False:
        made["additionalProperties"] = False
        made["patternProperties"] = {**made.get("patternProperties", {}), "^<<$": {}}
    return made


def _leaf(leaf: Leaf, annotation: Any) -> list[Schema]:
    if leaf.kind in (JSON, VAR):
        return [{}]
    if leaf.kind == VALUE:
        return [*_scalars(annotation), TEMPLATE]
    if leaf.kind == NAME:
        return _scalars(annotation) or [_SCALAR]
    return [_SCALAR]


def _scalars(annotation: Any) -> list[Schema]:
    """Return what pydantic takes for a constant: the words of a Literal, numbers, true and false."""
    try:
        made = TypeAdapter(annotation).json_schema()
    except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError):
        return [_SCALAR]
    members = made.get("anyOf", [made])
    plain = [one for one in members if "enum" in one or "const" in one or one.get("type") in _PLAIN]
    return [{key: value for key, value in one.items() if key not in ("title", "default")} for one in plain]


_OF_PYTHON = frozenset({"format", "writeOnly"})
_PLAIN = frozenset({"string", "number", "integer", "boolean"})


def _written(value: Any) -> str:
    """Return a default as the file has it. In `default` itself editors would write it into the file."""
    return value if isinstance(value, str) else json.dumps(value)


def _sentence(words: str | None) -> str:
    """Return a description as a sentence; one that begins with a name or an address stays as it is."""
    said = (words or "").strip()
    if said.split(" ")[0].isalpha():
        said = said[0].upper() + said[1:]
    return said if not said or said.endswith((".", "`")) else f"{said}."


def _referable(value: Any) -> Any:
    """Return pydantic's schema without titles; where no text fits, a `${...}` does."""
    if isinstance(value, list):
        return [_referable(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, inner in value.items():
        if key == "properties":
            made[key] = {name: _setting(one) for name, one in inner.items()}
        elif key != "title":
            made[key] = _referable(inner)
    return made


def _setting(schema: Schema) -> Schema:
    made: Schema = _referable(schema)
    about: Schema = {key: made.pop(key) for key in ("description",) if key in made}
    default = made.pop("default", None)
    options = made.pop("anyOf") if set(made) == {"anyOf"} else [made]
    options = [{key: value for key, value in one.items() if key not in _OF_PYTHON} for one in options]
    texts = any(option.get("type") == "string" and not set(option) & {"enum", "const"} for option in options)
    scalar = any(option.get("type") in _PLAIN or "enum" in option or "const" in option for option in options)
    if scalar and not texts:
        options = [*options, REFERENCE]
    if "description" in about:
        about["description"] = _sentence(about["description"])
    if default not in (None, "") and isinstance(default, str | int | list):
        about["description"] = f"{about.get('description', '')} Default {_written(default)}.".strip()
    return {**about, **choice(options)}


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]
