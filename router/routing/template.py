"""One text of the configuration, compiled: a constant, a whole expression that keeps its type, or a template."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.parser import Parser

from router.config.node import Scalar
from router.config.problem import Problems, did_you_mean
from router.errors import RenderError
from router.plugin import Kind
from router.routing import place as places
from router.routing.bounds import RENDERED, BoundsError
from router.routing.faults import reason_of
from router.routing.filters import public_names
from router.routing.kinds import RAW_ALLOWED, VALUE, filled, finished, sandbox
from router.routing.rewrite import refused, rewrite
from router.routing.sandbox import GLOBALS

_RESULT = "_router_result"
_MARKED = re.compile(r"\{\{|\{%|\{#")
EVENT_MEMBERS = ("id", "type", "source", "time", "received_at")


def is_template(text: object) -> bool:
    """Whether a value of the configuration is a template."""
    return isinstance(text, str) and _MARKED.search(text) is not None


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled text; `whole` is one expression, whose value keeps its type. `names` are those it uses."""

    kind: Kind
    whole: bool
    place: places.Place
    source: str
    names: frozenset[str]
    chains: tuple[str, ...]
    compiled: jinja2.Template

    def value(self, names: dict[str, Any], what: str) -> Any:
        """Return what the text comes to, in the kind of its field; raises RenderError with place and reason."""
        try:
            if self.whole:
                return filled(self.kind, self.bare(names))
            return finished(self.kind, self._text(names))
        except Exception as error:
            raise self.failed(error, names, what) from error

    def bare(self, names: dict[str, Any]) -> Any:
        """Return the value of a whole expression as it is; may raise anything."""
        context = self.compiled.new_context(names, shared=True)
        for _ in self.compiled.root_render_func(context):
            pass
        return context.vars[_RESULT]

    def failed(self, error: BaseException, names: Mapping[str, Any], what: str) -> RenderError:
        """Return the error of this text for one event: the file and line, the field, and why."""
        return RenderError(f"{self._place(error)}: {what}: {reason_of(error, self.chains, names)}")

    def _text(self, names: dict[str, Any]) -> str:
        context = self.compiled.new_context(names, shared=True)
        parts, length = [], 0
        for part in self.compiled.root_render_func(context):
            length += len(part)
            if length > RENDERED:
                raise BoundsError(f"the rendered text is longer than {RENDERED // 1024} KiB")
            parts.append(part)
        return "".join(parts)

    def _place(self, error: BaseException) -> str:
        line, trace = 1, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_globals.get("root") is self.compiled.root_render_func:
                line = self.compiled.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return f"{self.place.mark.file}:{self.place.line(line)}"


def compile_text(
    node: Scalar,
    kind: Kind,
    known: Collection[str],
    problems: Problems,
    *,
    expression: bool = False,
    place: places.Place | None = None,
) -> Template | None:
    """Compile a template, or with `expression` a bare expression; None where it is faulty, which is noted.

    `place` is where the text stands, if that is not the place of the node.
    """
    source = str(node.value)
    environment = sandbox(kind)
    where = place or places.of(node, problems.texts)
    try:
        if expression:
            tree, whole = _expression(environment, source), True
        else:
            tree = environment.parse(source)
            whole = _is_whole(tree, source)
        names = _check(tree, where, source, kind, known, problems)
        if names is None:
            return None
        chains = tuple(dict.fromkeys(filter(None, map(_chain, tree.find_all((nodes.Getattr, nodes.Getitem))))))
        compiled = environment.from_string(rewrite(_assigned(tree) if whole else tree))
    except jinja2.TemplateSyntaxError as error:
        mark = where.word(source, error.lineno, "")
        problems.error("template", mark, f"the template is faulty: {error.message}")
        return None
    except (RecursionError, SyntaxError, ValueError) as error:  # nested too deep for Python's own compiler
        problems.error("template", where.word(source, 1, ""), f"the template cannot be compiled: {error}")
        return None
    return Template(kind, whole, where, source, names, chains, compiled)


def compile_expression(node: Scalar, known: Collection[str], problems: Problems) -> Template | None:
    """Compile the value of `if` or `for_each`: an expression, with or without `{{ }}`."""
    text = str(node.value).strip()
    if text.startswith("{{"):
        found = compile_text(Scalar(text, node.mark, node.text, node.plain), VALUE, known, problems)
        if found is not None and not found.whole:
            problems.error("template", node, "this takes one expression, such as `data.id` or `{{ data.id }}`")
            return None
        return found
    return compile_text(node, VALUE, known, problems, expression=True)


def _is_whole(tree: nodes.Template, source: str) -> bool:
    if not (source.startswith("{{") and source.endswith("}}") and len(tree.body) == 1):
        return False
    only = tree.body[0]
    return (
        isinstance(only, nodes.Output)
        and len(only.nodes) == 1
        and not isinstance(only.nodes[0], nodes.TemplateData)
    )


def _expression(environment: jinja2.Environment, source: str) -> nodes.Template:
    parser = Parser(environment, source, state="variable")
    value = parser.parse_expression()
    if not parser.stream.eos:
        parser.fail("expected the end of the expression", parser.stream.current.lineno)
    tree = nodes.Template([nodes.Output([value], lineno=1)], lineno=1)
    tree.set_environment(environment)
    return tree


def _assigned(tree: nodes.Template) -> nodes.Template:
    output = tree.body[0]
    assert isinstance(output, nodes.Output)  # noqa: S101 - `_is_whole` looked
    assign = nodes.Assign(nodes.Name(_RESULT, "store", lineno=1), output.nodes[0], lineno=output.lineno)
    made = nodes.Template([assign], lineno=1)
    made.set_environment(tree.environment)  # type: ignore[arg-type]
    return made


def _check(
    tree: nodes.Template, where: places.Place, source: str, kind: Kind, known: Collection[str], problems: Problems
) -> frozenset[str] | None:
    environment, sound = sandbox(kind), True

    def fault(line: int, word: str, code: str, message: str, hint: str | None) -> None:
        nonlocal sound
        sound = False
        problems.error(code, where.word(source, line, word), message, hint)

    for line, message, instead in refused(tree):
        fault(line, "", "template", message, instead)
    for used in tree.find_all(nodes.Filter):
        if used.name not in environment.filters or used.name.startswith("_"):
            hint = did_you_mean(used.name, public_names(environment.filters))
            fault(used.lineno, used.name, "unknown-filter", f"there is no filter `{used.name}`", hint)
        elif used.name in ("raw", "safe") and kind not in RAW_ALLOWED:
            fault(used.lineno, used.name, "raw", f"`{used.name}` is not for a field of {kind.name}", None)
    for test in tree.find_all(nodes.Test):
        if test.name not in environment.tests:
            hint = did_you_mean(test.name, environment.tests)
            fault(test.lineno, test.name, "unknown-test", f"there is no test `{test.name}`", hint)
    if not sound:
        return None
    names = frozenset(meta.find_undeclared_variables(tree)) - set(GLOBALS)
    for name in sorted(names - set(known)):
        line = next((n.lineno for n in tree.find_all(nodes.Name) if n.name == name), 1)
        fault(line, name, "unknown-name", f"`{name}` is not defined here", did_you_mean(name, known))
    for member in tree.find_all(nodes.Getattr):
        owner = member.node
        if isinstance(owner, nodes.Name) and owner.name == "event" and member.attr not in EVENT_MEMBERS:
            hint = did_you_mean(member.attr, EVENT_MEMBERS)
            fault(member.lineno, f"event.{member.attr}", "unknown-name", f"`event` has no `{member.attr}`", hint)
    return names if sound else None


def _chain(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (owner := _chain(node.node)):
        return f"{owner}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and (owner := _chain(node.node)):
        return f"{owner}.{node.arg.value}"
    return None
