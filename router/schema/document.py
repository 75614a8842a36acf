"""The schema of routes.yaml: the language's own part, with the plugins, providers and names that there are."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from router.config import yaml
from router.config.node import plain
from router.config.problem import Problems
from router.registry import RegisteredAction, Registry
from router.schema.choice import Schema
from router.schema.fields import FieldSchemas, closed
from router.sources.provider import provider, provider_names

DRAFT = "http://json-schema.org/draft-07/schema#"
"""What the YAML servers of editors know best (redhat-developer/yaml-language-server; JetBrains' help)."""


def routes_schema(
    registry: Registry,
    *,
    sources: Sequence[str] = (),
    providers: Sequence[str | None] = (),
    destinations: Sequence[str] = (),
) -> Schema:
    """Return the JSON Schema of a configuration with these actions.

    The names of sources and destinations, and the event types of the sources' `providers` (None where one has
    none), are offered and never demanded: an editor's file may be new. Without sources each provider is one.
    """
    made = read_language("language.yaml")
    inner: dict[str, Schema] = made["definitions"]
    fields = FieldSchemas()
    actions = sorted(registry.actions.values(), key=lambda one: one.name)
    for of in ("action", "deathAction"):
        inner[of]["properties"]["destination"] |= offered(sorted(destinations))
        inner[of]["allOf"] = _one_plugin([action.name for action in actions])
        for action in actions:
            inner[of]["properties"][action.name] = fields.parameters(action.name, action.action.Params)
    made["properties"]["destinations"].update(_destinations(actions, fields, inner))
    inner.update(fields.definitions)
    for action in actions:  # what it does, before what the fields are
        whole = inner[fields.parameters(action.name, action.action.Params)["$ref"].rsplit("/", 1)[1]]
        whole["description"] = " ".join(part for part in (_about(action), whole["description"]) if part)
    names = provider_names()
    inner["source"]["properties"]["provider"]["enum"] = list(names)
    inner["source"]["properties"]["provider"]["enumDescriptions"] = [provider(name).title for name in names]
    named = dict(zip(sources, providers, strict=False)) if sources else {name: name for name in names}
    inner["route"] |= _event_types(named, inner)
    one = offered(sorted(sources))
    inner["route"]["properties"]["source"] |= {**one, "type": ["string", "array"], "items": one}
    return {"$schema": DRAFT, **closed(referable(made, inner))}


def _one_plugin(names: Sequence[str]) -> list[Schema]:
    """Return what tells an action without a plugin, and each plugin beside another."""
    told = "One key of an action names the plugin: " + ", ".join(names) + "."
    lacks: Schema = {
        "if": {"anyOf": [{"required": [name]} for name in names]},
        "else": {"required": names[:1], "errorMessage": told},
    }
    twice: list[Schema] = [
        {
            "if": {"required": [name]},
            "then": {
                "properties": dict.fromkeys(names[number:], False),
                "errorMessage": f"An action has one plugin, and this one has {name}. Begin another with `- `.",
            },
        }
        for number, name in enumerate(names[:-1], 1)
    ]
    return [lacks, *twice]


def _event_types(named: Mapping[str, str | None], definitions: dict[str, Schema]) -> Schema:
    """Return what offers a route the types of its source, and those of all where the source is another."""
    types = {source: provider(of).types for source, of in named.items() if of in provider_names()}
    known = {type_ for found in types.values() for type_ in found}
    definitions["eventType"] = offered(sorted(known))
    definitions["eventTypes"] |= {**offered(sorted(known)), "type": ["string", "array"]}
    whole = definitions["route"]["properties"]
    about = whole["event"]["description"]
    told = {source: found for source, found in types.items() if found}
    if not told:
        return {}
    made: list[Schema] = [
        {"if": _from(list(told)), "then": True, "else": {"properties": {"event": whole["event"]}}}
    ]
    for source, found in told.items():
        one = offered(sorted(found))
        event = {**one, "description": about, "type": ["string", "array"], "items": one}
        made.append({"if": _from([source]), "then": {"properties": {"event": event}}})
    whole["event"] = {**whole["event"], "items": {"type": "string"}, "anyOf": None}
    return {"allOf": made}


def _from(sources: Sequence[str]) -> Schema:
    return {"required": ["source"], "properties": {"source": {"enum": list(sources)}}}


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
    needs = "This name is no plugin's, so say where it goes: type: " + ", ".join(one.name for one in actions) + "."
    definitions["typedDestination"] = {
        "description": "A destination of this `type`.",
        "type": "object",
        "properties": {"type": common["properties"]["type"]},
        "allOf": [{"required": ["type"], "errorMessage": needs}, *by_type],
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
    return {"type": "string", "anyOf": [{"enum": list(words)}, {}]} if words else {"type": "string"}


def referable(value: Any, definitions: Mapping[str, Schema], inside: frozenset[str] = frozenset()) -> Any:
    """Return a copy with a definition's keys in place of each $ref that has something beside it, which wins.

    Draft 7 ignores what is beside a $ref, and of an `allOf` editors show the text of the definition, not the
    nearer one. None takes a key of the definition away. A definition that holds itself (`inside`) stays an `allOf`
    there.
    """
    if isinstance(value, list):
        return [referable(one, definitions, inside) for one in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str) and len(value) > 1:
        name = value["$ref"].rsplit("/", 1)[1]
        beside = {key: inner for key, inner in value.items() if key != "$ref"}
        if name in inside:
            return {**referable(beside, definitions, inside), "allOf": [{"$ref": value["$ref"]}]}
        whole = {**definitions[name], **beside}
        kept = {key: inner for key, inner in whole.items() if inner is not None}
        return referable(kept, definitions, inside | {name})
    return {key: referable(inner, definitions, inside) for key, inner in value.items()}
