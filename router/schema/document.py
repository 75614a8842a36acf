"""The schema of routes.yaml: the language's own part, with the plugins, providers and names that there are."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from router.config import yaml
from router.config.node import plain
from router.config.problem import Problems
from router.registry import RegisteredAction, Registry
from router.schema.fields import FieldSchemas, Schema, closed
from router.sources.provider import provider, provider_names

DRAFT = "http://json-schema.org/draft-07/schema#"
"""What the YAML servers of editors know best (redhat-developer/yaml-language-server; JetBrains' help)."""


def routes_schema(
    registry: Registry,
    *,
    sources: Sequence[str] = (),
    destinations: Sequence[str] = (),
    types: Iterable[str] | None = None,
) -> Schema:
    """Return the JSON Schema of a configuration with these actions.

    The names of sources and destinations, and the event `types`, are offered and never demanded: an editor's file
    may be new. Without `types` those of all providers are.
    """
    made = read_language("language.yaml")
    inner: dict[str, Schema] = made["definitions"]
    fields = FieldSchemas()
    actions = sorted(registry.actions.values(), key=lambda one: one.name)
    for action in actions:
        ours = fields.parameters(action.name, action.action.Params)
        parameters: Schema = {"description": _about(action), "allOf": [ours]}
        for of in ("action", "deathAction"):
            inner[of]["properties"][action.name] = parameters
    for of in ("action", "deathAction"):  # exactly one key is a plugin's
        inner[of]["oneOf"] = [{"required": [action.name]} for action in actions]
    made["properties"]["destinations"].update(_destinations(actions, fields, inner))
    inner.update(fields.definitions)
    names = provider_names()
    inner["source"]["properties"]["provider"]["enum"] = list(names)
    inner["source"]["properties"]["provider"]["enumDescriptions"] = [provider(name).title for name in names]
    inner["source"]["anyOf"] = [{"required": ["provider"]}, {"required": ["verify"]}]
    known = {type_ for name in names for type_ in provider(name).types} if types is None else set(types)
    inner["eventType"] = offered(sorted(known))
    for of in ("action", "deathAction"):
        inner[of]["properties"]["destination"] |= offered(sorted(destinations))
    if sources:
        one = offered(sorted(sources))
        about = inner["route"]["properties"]["source"]["description"]
        inner["route"]["properties"]["source"] = {
            "description": about,
            "anyOf": [one, {"type": "array", "items": one}],
        }
    return {"$schema": DRAFT, **referable(closed(made))}


@cache
def _read(name: str) -> Schema:
    problems = Problems()
    node = yaml.parse((files("router.schema") / name).read_text(encoding="utf-8"), name, problems)
    if node is None or problems.errors:
        raise ValueError(f"{name} is broken: " + "; ".join(problem.message for problem in problems.errors))
    found: Schema = plain(node)
    return found


def read_language(name: str) -> Schema:
    """Return the part of a language that nothing adds to, as a copy: `language.yaml`, `tests.yaml`."""
    return copy.deepcopy(_read(name))


def _destinations(
    actions: Sequence[RegisteredAction], fields: FieldSchemas, definitions: dict[str, Schema]
) -> Schema:
    common = definitions.pop("destination")
    common["properties"]["type"]["enum"] = [action.name for action in actions]
    for action in actions:
        own = fields.settings(action.name, action.action.Config)
        own["properties"] = {**own.get("properties", {}), **common["properties"]}
        definitions[f"destination.{action.name}"] = {**own, "type": "object"}
    by_type: list[Schema] = [
        {
            "if": {"required": ["type"], "properties": {"type": {"const": action.name}}},
            "then": {"$ref": f"#/definitions/destination.{action.name}"},
        }
        for action in actions
    ]
    definitions["typedDestination"] = {
        "required": ["type"],
        "properties": {"type": common["properties"]["type"]},
        "allOf": by_type,
        "additionalProperties": True,
    }
    typed = {"$ref": "#/definitions/typedDestination"}
    named: dict[str, Schema] = {
        action.name: {
            "description": _about(action),
            "if": {"required": ["type"]},
            "then": typed,
            "else": {"$ref": f"#/definitions/destination.{action.name}"},
        }
        for action in actions
    }
    return {"properties": named, "additionalProperties": typed}


def _about(action: RegisteredAction) -> str:
    return (action.action.__doc__ or action.name).strip().split("\n")[0]


def offered(words: Sequence[str]) -> Schema:
    """Return a text for which these words are completions."""
    return {"anyOf": [{"enum": list(words)}, {"type": "string"}]} if words else {"type": "string"}


def referable(value: Any) -> Any:
    """Put every $ref that has something beside it into an `allOf`: draft 7 ignores what is beside it."""
    if isinstance(value, list):
        return [referable(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: referable(inner) for key, inner in value.items()}
    if "$ref" in made and len(made) > 1:
        made["allOf"] = [{"$ref": made.pop("$ref")}]
    return made
