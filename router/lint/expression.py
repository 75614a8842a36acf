"""Walks a template with the shapes of samples as its names, and gathers the members that no sample has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache

from jinja2 import TemplateSyntaxError, nodes

from router.lint.lookup import Missing, member
from router.lint.shape import Shape
from router.plugin import Kind
from router.routing.kinds import sandbox
from router.routing.template import Template

Names = Mapping[str, "Shape | None"]

_BEYOND = re.compile(r"attr|groupby|\)\s*[.\[]|[\w'\")]\s*\]\s*[.\[]")  # what no dotted name says
_SAME = frozenset({"list", "sort", "unique", "reverse", "select", "reject", "selectattr", "rejectattr"})
_ONE = frozenset({"first", "last", "min", "max"})
_OF_ATTRIBUTE = {"map": None, "sort": 2, "sum": 0, "groupby": 0, "unique": 1, "min": 1, "max": 1}
_BY_NAME = frozenset({"selectattr", "rejectattr"})


def suspicious(template: Template, names: Names) -> bool:
    """Whether anything in a template may be missing: its dotted names say so at less cost than a walk."""
    if _BEYOND.search(template.source):
        return True
    for chain in template.chains:
        root, *steps = chain.split(".")
        if root not in names:
            if steps and root not in template.names:
                return True  # of a loop
            continue
        shape = names[root]
        for step in steps:
            found = member(shape, step)
            if found.missing is not None:
                return True
            shape = found.shape
    return False


def missing_in(template: Template, names: Names) -> list[Missing]:
    """Return what no sample has, in the order of the text."""
    walk = Walk()
    if (tree := parsed(template)) is not None:
        with suppress(RecursionError):  # an endless sum, of which the beginning is enough
            walk.statements([tree], dict(names))
    return walk.missing


def shape_in(template: Template, names: Names) -> Shape | None:
    """Return the shape of the value of a whole expression; None where it is unknown."""
    tree = parsed(template)
    output = tree.body[0] if tree is not None and tree.body else None
    if not template.whole or not isinstance(output, nodes.Output):
        return None
    try:
        return Walk().value(output.nodes[0], dict(names))
    except RecursionError:
        return None


def parsed(template: Template) -> nodes.Template | None:
    """Return the tree of a template, which nobody changes: the same text has the same one."""
    bare = template.whole and not template.source.startswith("{{")
    return _tree(template.kind, f"{{{{ {template.source} }}}}" if bare else template.source)


@lru_cache(maxsize=2048)
def _tree(kind: Kind, text: str) -> nodes.Template | None:
    try:
        return sandbox(kind).parse(text)
    except (TemplateSyntaxError, RecursionError):
        return None


class Walk:
    """One walk through a template; `missing` gathers what is not there."""

    def __init__(self) -> None:
        self.missing: list[Missing] = []

    def statements(self, body: list[nodes.Node], names: dict[str, Shape | None], *, guarded: bool = False) -> None:
        """Walk statements; what they set is known to those after them."""
        for node in body:
            self._statement(node, names, guarded=guarded)

    def _statement(self, node: nodes.Node, names: dict[str, Shape | None], *, guarded: bool) -> None:
        if isinstance(node, nodes.For):
            items = self.value(node.iter, names, guarded=guarded)
            inner = {**names, "loop": None, **_bound(node.target, items.element if items is not None else None)}
            for test in [node.test] if node.test is not None else []:
                self.value(test, inner, guarded=guarded)
            self.statements(node.body, inner, guarded=guarded)
            self.statements(node.else_, dict(names), guarded=guarded)
        elif isinstance(node, nodes.If):
            self.value(node.test, names, guarded=guarded)
            careful = guarded or _asks(node.test)
            self.statements(node.body, names, guarded=careful)
            self.statements([*node.elif_, *node.else_], names, guarded=careful)
        elif isinstance(node, nodes.Assign):
            names.update(_bound(node.target, self.value(node.node, names, guarded=guarded)))
        elif isinstance(node, nodes.Macro | nodes.CallBlock | nodes.With):
            hidden: dict[str, Shape | None] = {
                name.name: None for name in node.find_all(nodes.Name) if name.ctx in ("param", "store")
            }
            self.statements(list(node.iter_child_nodes()), {**names, **hidden}, guarded=guarded)
        elif isinstance(node, nodes.Expr):
            self.value(node, names, guarded=guarded)
        else:
            self.statements(list(node.iter_child_nodes()), names, guarded=guarded)

    def value(self, node: nodes.Node, names: Names, *, guarded: bool = False) -> Shape | None:
        """Return the shape of an expression; None where it is unknown."""
        if isinstance(node, nodes.Name):
            return names.get(node.name)
        if isinstance(node, nodes.Getattr):
            return self._member(self.value(node.node, names, guarded=guarded), node.attr, guarded=guarded)
        if isinstance(node, nodes.Getitem):
            return self._item(node, names, guarded=guarded)
        if isinstance(node, nodes.Filter):
            return self._filter(node, names, guarded=guarded)
        if isinstance(node, nodes.Call):
            return self._call(node, names, guarded=guarded)
        if isinstance(node, nodes.Test):
            careful = guarded or node.name in ("defined", "undefined")
            for child in node.iter_child_nodes():
                self.value(child, names, guarded=careful)
            return None
        if isinstance(node, nodes.CondExpr):
            self.value(node.test, names, guarded=guarded)
            careful = guarded or _asks(node.test)
            first = self.value(node.expr1, names, guarded=careful)
            if node.expr2 is not None:
                self.value(node.expr2, names, guarded=careful)
            return first if node.expr2 is None else None
        if isinstance(node, nodes.And | nodes.Or):
            left = self.value(node.left, names, guarded=guarded)
            self.value(node.right, names, guarded=guarded or _asks(node.left))
            return left if isinstance(node, nodes.Or) and _plain(node.right) else None
        for child in node.iter_child_nodes():
            self.value(child, names, guarded=guarded)
        return None

    def _member(self, owner: Shape | None, name: str | int, *, guarded: bool) -> Shape | None:
        found = member(owner, name, guarded=guarded)
        if found.missing is not None:
            self.missing.append(found.missing)
        return found.shape

    def _item(self, node: nodes.Getitem, names: Names, *, guarded: bool) -> Shape | None:
        owner = self.value(node.node, names, guarded=guarded)
        if isinstance(node.arg, nodes.Slice):
            return owner
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str | int):
            return self._member(owner, node.arg.value, guarded=guarded)
        self.value(node.arg, names, guarded=guarded)
        return owner.element if owner is not None else None

    def _call(self, node: nodes.Call, names: Names, *, guarded: bool) -> Shape | None:
        for argument in [*node.args, *(keyword.value for keyword in node.kwargs)]:
            self.value(argument, names, guarded=guarded)
        if not isinstance(node.node, nodes.Getattr):
            return None
        owner = self.value(node.node.node, names, guarded=guarded)
        asked = node.args[0] if node.node.attr == "get" and node.args else None
        if isinstance(asked, nodes.Const) and isinstance(asked.value, str):
            self._member(owner, asked.value, guarded=True)
        return None

    def _filter(self, node: nodes.Filter, names: Names, *, guarded: bool) -> Shape | None:
        careful = guarded or node.name in ("default", "d")
        found = self.value(node.node, names, guarded=careful) if node.node is not None else None
        for argument in [*node.args, *(keyword.value for keyword in node.kwargs)]:
            self.value(argument, names, guarded=guarded)
        if careful and not guarded:
            return found if all(_plain(argument) for argument in node.args[:1]) else None
        if (attribute := _attribute(node)) is not None and found is not None:
            inner = found.element
            for step in attribute.split("."):
                inner = self._member(inner, step, guarded=guarded or node.name in _BY_NAME)
            if node.name == "map":
                return Shape(found.path, {"a list"}, element=inner) if inner is not None else None
        if found is None or node.name in _SAME:
            return found
        return found.element if node.name in _ONE else None


def _attribute(node: nodes.Filter) -> str | None:
    """Return the member of each element that a filter looks at."""
    place = 0 if node.name in _BY_NAME else _OF_ATTRIBUTE.get(node.name, -1)
    named = [k.value for k in node.kwargs if k.key == "attribute"]
    if place is not None and 0 <= place < len(node.args) and node.name in _BY_NAME | {"groupby", "sum"}:
        named.append(node.args[place])
    if place == -1 or not named or any(keyword.key == "default" for keyword in node.kwargs):
        return None
    first = named[0]
    return first.value if isinstance(first, nodes.Const) and isinstance(first.value, str) else None


def _asks(node: nodes.Node) -> bool:
    """Whether a test asks if something is there."""
    return any(
        (isinstance(inner, nodes.Test) and inner.name in ("defined", "undefined"))
        or (isinstance(inner, nodes.Filter) and inner.name in ("default", "d"))
        or (isinstance(inner, nodes.Operand) and inner.op in ("in", "notin"))
        or (isinstance(inner, nodes.Name) and inner.name == "event")
        for inner in _all(node)
    )


def _plain(node: nodes.Node) -> bool:
    """Whether an alternative adds no members: a constant, or an empty list or mapping."""
    return isinstance(node, nodes.Const) or (isinstance(node, nodes.List | nodes.Dict) and not node.items)


def _bound(target: nodes.Node, shape: Shape | None) -> dict[str, Shape | None]:
    if isinstance(target, nodes.Name):
        return {target.name: shape}
    return {name.name: None for name in target.find_all(nodes.Name)}


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _all(child)
