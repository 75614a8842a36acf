"""Reads one text as a template, wherever it stands: what it uses, what is wrong with it, and its code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.parser import Parser

from router.config.problem import did_you_mean
from router.plugin import Kind
from router.routing import dialects
from router.routing.filters import public_names
from router.routing.kinds import RAW_ALLOWED, sandbox
from router.routing.methods import METHODS
from router.routing.rewrite import refused, rewrite
from router.routing.sandbox import GLOBALS
from router.routing.wording import Said, in_words

RESULT = "_router_result"
EVENT_MEMBERS = ("id", "type", "source", "time", "received_at")


@dataclass(frozen=True, slots=True)
class Slip:
    """A mistake in a text: its line, the word there ('' for the braces), the offset if that is known."""

    line: int
    word: str
    code: str
    message: str
    hint: str | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """The first use of a name: its line, and how it is used (`called`, or behind a `dash`: `headers.X-Foo`)."""

    line: int
    called: bool = False
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says; `whole` is one expression, whose value keeps its type. No `compiled` where it slips."""

    whole: bool = False
    uses: tuple[tuple[str, Use], ...] = ()
    chains: tuple[str, ...] = ()
    compiled: jinja2.Template | None = None
    slips: tuple[Slip, ...] = ()


@lru_cache(maxsize=2048)
def read(kind: Kind, source: str, *, expression: bool) -> Reading:
    """Return what a template says, or a bare expression; the same text is read once, as files repeat theirs."""
    environment = sandbox(kind)
    try:
        if expression:
            tree, whole = _expression(environment, source), True
        else:
            tree = environment.parse(source)
            whole = _is_whole(tree, source)
        found = list(_walk(tree))
        if slips := tuple(_slips(found, kind)):
            return Reading(slips=slips)
        chains = tuple(dict.fromkeys(filter(None, map(_chain, found))))
        uses = _uses(found)
        names, code = _generated(environment, rewrite(_assigned(tree) if whole else tree))
    except jinja2.TemplateSyntaxError as error:
        said = in_words(error.message or "", source, expression=expression)
        return Reading(slips=(_slip(said, error.lineno),))
    except (RecursionError, SyntaxError, ValueError) as error:  # nested too deep for Python's own compiler
        return Reading(slips=(Slip(1, "", "template-syntax", f"the template cannot be compiled: {error}"),))
    used = tuple((name, uses.get(name, Use(1))) for name in sorted(names - set(GLOBALS)))
    compiled = jinja2.Template.from_code(environment, code, environment.make_globals(None))
    return Reading(whole, used, chains, compiled)


def _slip(said: Said, line: int) -> Slip:
    return Slip(
        line, said.word, "template-syntax", f"the template is faulty: {said.message}", said.hint, said.offset
    )


class _Tracking(CodeGenerator):
    """Notes the names that come from outside while it writes the code, as jinja2.meta does in a run of its own."""

    def __init__(self, environment: jinja2.Environment) -> None:
        super().__init__(environment, None, None)
        self.undeclared: set[str] = set()

    def enter_frame(self, frame: Frame) -> None:
        super().enter_frame(frame)
        for action, name in frame.symbols.loads.values():
            if action == "resolve" and name is not None:
                self.undeclared.add(name)


def _generated(environment: jinja2.Environment, tree: nodes.Template) -> tuple[set[str], CodeType]:
    generator = _Tracking(environment)
    generator.visit(tree)
    written: Any = generator.stream
    return generator.undeclared, compile(written.getvalue(), "<template>", "exec")


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
    assign = nodes.Assign(nodes.Name(RESULT, "store", lineno=1), output.nodes[0], lineno=output.lineno)
    made = nodes.Template([assign], lineno=1)
    made.set_environment(tree.environment)  # type: ignore[arg-type]
    return made


def _walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Yield every node below, in the order of the text."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(node.iter_child_nodes())))


_ROOTS = ("data", "payload", "headers", "query")


def _slips(found: list[nodes.Node], kind: Kind) -> Iterator[Slip]:
    environment = sandbox(kind)
    for line, message, instead in refused(found):
        yield Slip(line, "", "template-syntax", message, instead)
    for node in found:
        if isinstance(node, nodes.Filter):
            name = node.name
            if name not in environment.filters or name.startswith("_"):
                hint = dialects.FILTERS.get(name) or did_you_mean(name, public_names(environment.filters))
                yield Slip(node.lineno, name, "unknown-filter", f"there is no filter `{name}`", hint)
            elif name in ("raw", "safe") and kind not in RAW_ALLOWED:
                yield Slip(node.lineno, name, "raw-not-allowed", f"`{name}` is not for a field of {kind.name}")
        elif isinstance(node, nodes.Test) and node.name not in environment.tests:
            hint = dialects.TESTS.get(node.name) or did_you_mean(node.name, environment.tests)
            yield Slip(node.lineno, node.name, "unknown-test", f"there is no test `{node.name}`", hint)
        elif isinstance(node, nodes.Getattr) and (chain := _chain(node)) and _beyond_event(chain):
            hint = f"write `{node.attr}`" if node.attr in _ROOTS else did_you_mean(node.attr, EVENT_MEMBERS)
            yield Slip(node.lineno, chain, "unknown-name", f"`event` has no `{node.attr}`", hint)
        elif isinstance(node, nodes.Getattr) and _chain(node) == f"route.{node.attr}":
            message = "`route` is the name of the route, with nothing inside"
            yield Slip(node.lineno, f"route.{node.attr}", "unknown-name", message, "write `route`")
        elif (
            isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr not in METHODS
        ):
            name = node.node.attr
            called = _chain(node.node) or name
            hint = dialects.METHODS.get(name) or did_you_mean(name, METHODS)
            yield Slip(node.lineno, called, "unknown-method", f"there is no method `{name}`", hint)


def _beyond_event(chain: str) -> bool:
    first, *members = chain.split(".")
    return first == "event" and len(members) == 1 and members[0] not in EVENT_MEMBERS


def _uses(found: list[nodes.Node]) -> dict[str, Use]:
    uses: dict[str, Use] = {}
    for node in found:
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
            uses.setdefault(node.node.name, Use(node.lineno, called=True))
        elif isinstance(node, nodes.Sub) and isinstance(node.right, nodes.Name):
            owner, _, member = (_chain(node.left) or "").rpartition(".")
            if owner:
                uses.setdefault(node.right.name, Use(node.lineno, dash=f"{owner}['{member}-{node.right.name}']"))
        elif isinstance(node, nodes.Name):
            uses.setdefault(node.name, Use(node.lineno))
    return uses


def _chain(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and (owner := _chain(node.node)):
        return f"{owner}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and (owner := _chain(node.node)):
        return f"{owner}.{node.arg.value}"
    return None
