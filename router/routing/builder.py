"""Compiles the parameters of an action: each node of the file by the place that the model has for it."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from router.config.fields import kind_of, left_out
from router.config.files import UnusableFile, near
from router.config.kept import Texts
from router.config.node import Mapping, Node, Scalar, Sequence, plain
from router.config.problem import Problems, did_you_mean
from router.plugin import JSON, NAME, Kind
from router.routing import place
from router.routing.kinds import FROM_FILE, VALUE, VAR, constant
from router.routing.names import CANNOT_NAME, identifier
from router.routing.parts import Constant, Each, Faulty, Filled, ListOf, MapOf, Part, Written
from router.routing.shape import Dictionary, Leaf, Listing, Slot, Struct, TreeOf
from router.routing.template import compile_expression, compile_text, is_template
from router.routing.values import ValueFault

NOT_YET = frozenset({"once", "unless_newer", "on_insert", "on_conflict"})
_ANY = Slot((Leaf(VAR),), nullable=True)
_NULL = Constant(None)
_FAULTY = Faulty()
_LARGEST = 1024 * 1024

KindOf = Callable[[str, Any], Kind]


class Builder:
    """Compiles nodes; `known` are the names that templates may use, `files` reads the files that they name."""

    def __init__(self, known: Collection[str], problems: Problems, files: Texts) -> None:
        self.known = frozenset(known)
        self.problems = problems
        self.files = files
        self.misspelled = False  #: whether the action has a key that its plugin does not know

    def build(self, slot: Slot, node: Node, path: str) -> Part:
        """Return the part for a node; faults are noted."""
        if left_out(node):
            return _FAULTY
        if isinstance(node, Scalar) and is_template(node.value):
            return self._template(slot, node, path)
        for option in slot.options:
            if isinstance(option, TreeOf):
                return self._tree(node, path, "", {}, option.tree.leaf)
            if isinstance(option, Leaf) and (kind := option.kind) in (JSON, VAR):
                return self._tree(node, path, "", {}, lambda key, owner: kind)
        if isinstance(node, Scalar):
            return self._constant(slot, node, path)
        if isinstance(node, Sequence) and (lists := slot.of(Listing)):
            return ListOf(tuple(self._item(lists[0].item, n, f"{path}[{i}]") for i, n in enumerate(node.items)))
        if isinstance(node, Mapping):
            if structs := slot.of(Struct):
                return self.struct(_nearest(structs, node), node, path)
            if dictionaries := slot.of(Dictionary):
                return self._dictionary(dictionaries[0], node, path)
            if slot.kind in FROM_FILE and node.keys() == ["file"]:
                return self._file(slot, node, path)
        self.problems.error("wrong-type", node, f"`{path}` must be {_wanted(slot)}, not {kind_of(node)}")
        return _FAULTY

    def struct(self, struct: Struct, node: Mapping, path: str) -> MapOf:
        """Return the part for a mapping with known keys."""
        fields, entries, meant = struct.fields, [], set[str]()
        for key, value in node.entries:
            name = str(key.value)
            if (field := fields.get(name)) is not None:
                entries.append((name, self.build(field.slot, value, f"{path}.{name}" if path else name)))
            elif name in NOT_YET:
                self.problems.error("not-yet", key, f"`{name}` is not supported yet")
            else:
                where = f"`{path}`" if path else "this action"
                hint = did_you_mean(name, fields) or f"known: {', '.join(fields)}"
                self.problems.error("unknown-key", key, f"{where} has no key `{name}`", hint)
                self.misspelled |= not path
                meant.add(hint)
        for name, field in fields.items():
            if field.required and node.get(name) is None and f"did you mean `{name}`?" not in meant:
                self.problems.error("missing-key", node.head, f"`{f'{path}.' if path else ''}{name}` is missing")
        return MapOf(tuple(entries))

    def _item(self, slot: Slot, node: Node, path: str) -> Part:
        return self._each(node, path, lambda inner, value: inner.build(slot, value, path)) or self.build(
            slot, node, path
        )

    def _each(self, node: Node, path: str, value: Callable[[Builder, Node], Part]) -> Part | None:
        if not isinstance(node, Mapping) or node.get("for_each") is None:
            return None
        if not set(node.keys()) <= {"for_each", "as", "value"}:
            return None
        name = "item"
        if (named := node.get("as")) is not None:
            name = str(named.value) if isinstance(named, Scalar) else ""
            if not identifier(name) or name in CANNOT_NAME - {"item"}:
                self.problems.error("reserved-name", named, f"`as` cannot be `{name}`: choose another name")
        items_node, inner = node.get("for_each"), node.get("value")
        assert items_node is not None  # noqa: S101 - just looked
        if inner is None:
            self.problems.error("missing-key", node, f"`{path}` has `for_each` and needs `value`")
            return _FAULTY
        if not isinstance(items_node, Scalar) or not isinstance(items_node.value, str):
            self.problems.error(
                "wrong-type", items_node, f"`for_each` must be an expression, not {kind_of(items_node)}"
            )
            return _FAULTY
        items = compile_expression(items_node, self.known, self.problems)
        part = value(Builder(self.known | {name, "index"}, self.problems, self.files), inner)
        return Each(items, name, part, path) if items is not None else _FAULTY

    def _template(self, slot: Slot, node: Scalar, path: str) -> Part:
        kind = slot.kind
        if kind == NAME:
            self.problems.error("constant", node, f"`{path}` is a constant: a template cannot stand here")
            return _FAULTY
        if not slot.of(Leaf, TreeOf, Listing):
            self.problems.error(
                "constant", node, f"`{path}` must be {_wanted(slot)}: its keys are constants, not a template's"
            )
            return _FAULTY
        template = compile_text(node, kind, self.known, self.problems)
        if template is None:
            return _FAULTY
        if template.whole:
            return Filled(template, slot, path)
        if not slot.of(Leaf):
            self.problems.error("wrong-type", node, f"`{path}` must be {_wanted(slot)}, not a text")
        return Written(template, path)

    def _constant(self, slot: Slot, node: Scalar, path: str) -> Part:
        leaves = slot.of(Leaf)
        if not leaves:
            if node.value is None and slot.nullable:
                return _NULL
            self.problems.error("wrong-type", node, f"`{path}` must be {_wanted(slot)}, not {kind_of(node)}")
            return _FAULTY
        try:
            return Constant(constant(leaves[0].kind, node.value))
        except ValueFault as fault:
            self.problems.error("wrong-value", node, f"`{path}`: {fault}")
            return _FAULTY

    def _dictionary(self, dictionary: Dictionary, node: Mapping, path: str) -> Part:
        entries = []
        for key, value in node.entries:
            name = str(key.value)
            part = self.build(dictionary.value, value, f"{path}.{name}")
            if self._constant_key(key, path):
                continue
            try:
                _key_type(dictionary.key).validate_python(name)
            except ValidationError as error:
                said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
                self.problems.error("wrong-value", key, f"a name in `{path}`: {said}")
                continue
            entries.append((name, part))
        return MapOf(tuple(entries))

    def _tree(self, node: Node, path: str, key: str, owner: dict[str, Any], leaf: KindOf) -> Part:
        if isinstance(node, Mapping):
            tree, entries = plain(node), []
            for name_node, value in node.entries:
                name = str(name_node.value)
                self._constant_key(name_node, path)
                entries.append((name, self._tree(value, f"{path}.{name}", name, tree, leaf)))
            return MapOf(tuple(entries))
        if isinstance(node, Sequence):
            return ListOf(
                tuple(self._tree_item(n, f"{path}[{i}]", key, owner, leaf) for i, n in enumerate(node.items))
            )
        if not is_template(node.value):
            return Constant(node.value)
        return self._template(Slot((Leaf(leaf(key, owner)),), nullable=True), node, path)

    def _tree_item(self, node: Node, path: str, key: str, owner: dict[str, Any], leaf: KindOf) -> Part:
        each = self._each(node, path, lambda inner, value: inner._tree(value, path, key, owner, leaf))
        return each or self._tree(node, path, key, owner, leaf)

    def _constant_key(self, key: Scalar, path: str) -> bool:
        """Tell whether a key is a template, which is noted."""
        if found := is_template(key.value):
            self.problems.error("constant", key, f"a key in `{path}` is a template: names of keys are constants")
        return found

    def _file(self, slot: Slot, node: Mapping, path: str) -> Part:
        named = node.get("file")
        if not isinstance(named, Scalar) or not isinstance(named.value, str) or is_template(named.value):
            self.problems.error("wrong-type", node, f"`{path}`: `file` must be the path of a file, a constant")
            return _FAULTY
        file = Path(os.path.normpath(Path(node.mark.file).parent / named.value))
        try:
            text = self.files.text(file, _LARGEST)
        except UnusableFile as error:
            hint = error.hint or near(file, named.value)
            self.problems.error("unreadable-file", named, f"`{path}`: the file {file} {error.reason}", hint)
            return _FAULTY
        self.problems.texts.setdefault(str(file), text)
        if not is_template(text):
            return Constant(text)
        source = Scalar(text, named.mark, text, plain=False)
        where = place.whole_file(str(file), text)
        template = compile_text(source, slot.kind, self.known, self.problems, place=where)
        return Written(template, path) if template is not None else _FAULTY


@cache
def _key_type(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def any_tree(builder: Builder, node: Node, path: str) -> Part:
    """Return the part for a tree of any form (a var)."""
    return builder.build(_ANY, node, path)


def _nearest(structs: list[Struct], node: Mapping) -> Struct:
    keys = set(node.keys())
    return max(structs, key=lambda struct: len(keys & struct.fields.keys()) - len(keys - struct.fields.keys()))


def _wanted(slot: Slot) -> str:
    words = {Leaf: "a text", Listing: "a list", Dictionary: "a mapping", Struct: "a mapping", TreeOf: "a tree"}
    found = dict.fromkeys(
        "a number, true or false" if isinstance(o, Leaf) and o.kind == VALUE else words[type(o)]
        for o in slot.options
    )
    return " or ".join(found)
