"""One of several schemas, written so that an editor says what is wrong with the one that is meant."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

EACH: Schema = {"$ref": "#/definitions/forEach"}
"""An element of a list that stands for several."""

_TOLD = "patternErrorMessage"
_TEXT = ("pattern", _TOLD)
_PARTS = ("items", "properties", "required", "patternProperties", "additionalProperties")
_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_OF_TYPE: dict[str, set[str]] = {
    "string": {*_TEXT},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "array": {"items", "minItems", "maxItems"},
    "object": {"additionalProperties", "minProperties"},
    "boolean": set(),
    "null": set(),
}
"""The keywords that judge values of one type only: schemas of other types can stand beside them."""


def choice(options: list[Schema]) -> Schema:
    """Return a schema for what fits one of these.

    Of a value that fits no branch of an `anyOf`, editors tell the mistake of one of the branches, and seldom of
    the one that was meant. So schemas of different types become one with several types, and a mapping is told
    from what is none by `if`. `anyOf` is left to words beside templates.
    """
    if {} in options:
        return {}
    found = [option for number, option in enumerate(options) if option not in options[:number]]
    if EACH in found and len(found) > 1:
        rest = choice([option for option in found if option != EACH])
        if not _may_be_a_mapping(rest):
            return {"if": {"type": "object"}, "then": EACH, "else": rest}
        return {"if": {"properties": {"for_each": False}}, "then": rest, "else": EACH}
    mappings = [option for option in found if "$ref" in option]
    others = _merged([option for option in found if "$ref" not in option])
    if mappings and others:
        return {"if": {"type": "object"}, "then": _any_of(mappings), "else": _any_of(others)}
    return _any_of(mappings or others)


def _may_be_a_mapping(schema: Schema) -> bool:
    return "$ref" in schema or "type" not in schema or "object" in types_of(schema)


def _any_of(options: list[Schema]) -> Schema:
    return dict(options[0]) if len(options) == 1 else {"anyOf": options}


def _merged(options: list[Schema]) -> list[Schema]:
    """Return the options with those of plain types as one, and what that takes anyway left out."""
    plain = sorted((option for option in options if _mergeable(option)), key=_usual)
    others = [option for option in options if not _mergeable(option)]
    if not plain:
        return others
    types = list(dict.fromkeys(name for option in plain for name in types_of(option)))
    made: Schema = {"type": types[0] if len(types) == 1 else types}
    for option in plain:
        made |= {key: value for key, value in option.items() if key not in ("type", *_TEXT)}
    texts = [option for option in plain if "string" in types_of(option)]
    if texts and all("pattern" in option for option in texts):
        made["pattern"] = "|".join(option["pattern"] for option in texts)
        wanted = [_WORDS[name] for name in types if name in _WORDS] + [option[_TOLD] for option in texts]
        made[_TOLD] = f"Write {', or '.join(wanted)}."
    return [*others, made]


def _usual(option: Schema) -> int:
    """Return the place of what people write first: editors complete a key with the first type in mind."""
    if types_of(option) == ["null"]:
        return 3
    if "pattern" in option:
        return 2
    return 1 if set(types_of(option)) & {"array", "object"} else 0


def apart(value: Any) -> Any:
    """Return a copy in which the parts of a list or a mapping stand in an `allOf`, where a text is more usual.

    An editor that completes a key begins a list or a mapping where `items` or `properties` stand beside the type.
    """
    if isinstance(value, list):
        return [apart(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: apart(inner) for key, inner in value.items()}
    types = made.get("type")
    usually_a_text = isinstance(types, list) and types[0] not in ("array", "object")
    if usually_a_text and (parts := {key: made.pop(key) for key in _PARTS if key in made}):
        made["allOf"] = [*made.get("allOf", ()), parts]
    return made


def types_of(schema: Schema) -> list[str]:
    """Return the types that a schema names."""
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types) if isinstance(types, list) else []


def _mergeable(option: Schema) -> bool:
    names = types_of(option)
    return bool(names) and set(option) - {"type"} <= set().union(*(_OF_TYPE[name] for name in names))
