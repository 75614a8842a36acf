"""Changes a parsed template before it is compiled: loops count, `~` and `in` are bounded, methods chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

_REFUSED: dict[type[nodes.Node], tuple[str, str]] = {
    nodes.Include: ("include", "use {file: path} as the value of the field"),
    nodes.Import: ("import", "there are no other templates to import"),
    nodes.FromImport: ("import", "there are no other templates to import"),
    nodes.Extends: ("extends", "there are no other templates to extend"),
    nodes.Block: ("block", "there are no other templates to extend"),
    nodes.ScopedEvalContextModifier: ("autoescape", "write `| raw` behind the value"),
}


def refused(found: Iterable[nodes.Node]) -> list[tuple[int, str, str]]:
    """Return what no template may do, of all nodes of one: line, what stands there, what to do instead."""
    told = []
    for node in found:
        if (said := _REFUSED.get(type(node))) is not None:
            told.append((node.lineno, f"`{said[0]}` is not available", said[1]))
        elif isinstance(node, nodes.For) and node.recursive:
            told.append((node.lineno, "a recursive loop is not available", "write one loop inside the other"))
    return told


def rewrite(tree: nodes.Template) -> nodes.Template:
    """Return the tree with every loop counted and every unbounded operation led through a filter."""
    done = _Rewriter().visit(tree)
    assert isinstance(done, nodes.Template)  # noqa: S101 - a transformer gives the kind of node it was given
    return done


def _filter(name: str, value: nodes.Expr, *args: nodes.Expr) -> nodes.Filter:
    made = nodes.Filter(value, name, list(args), [], None, None, lineno=value.lineno)
    made.set_environment(value.environment)  # type: ignore[arg-type]
    return made


class _Rewriter(NodeTransformer):
    def visit_For(self, node: nodes.For, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filter("_counted", node.iter)  # type: ignore[arg-type]
        return node

    def visit_Concat(self, node: nodes.Concat, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        return _filter("_concat", *node.nodes)

    def visit_Call(self, node: nodes.Call, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(called := node.node, nodes.Getattr):
            name = nodes.Const(called.attr, lineno=called.lineno)
            name.set_environment(called.environment)  # type: ignore[arg-type]
            node.node = _filter("_method", called.node, name)
        return node

    def visit_Compare(self, node: nodes.Compare, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        for operand in node.ops:
            if operand.op in ("in", "notin"):
                operand.expr = _filter("_touch", operand.expr)
        return node

    def visit_CondExpr(self, node: nodes.CondExpr, *args: Any) -> nodes.Node:
        self.generic_visit(node)
        if node.expr2 is None:  # `x if y`: null, which prints as empty
            node.expr2 = nodes.Const(None, lineno=node.lineno)
            node.expr2.set_environment(node.environment)  # type: ignore[arg-type]
        return node
