"""The code of a template, generated when it is first used: checking a file needs none of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any
from weakref import WeakValueDictionary

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.parser import Parser
from jinja2.runtime import Context

from router.plugin import Kind
from router.routing.kinds import sandbox
from router.routing.rewrite import rewrite
from router.routing.sandbox import Sandbox

RESULT = "_router_result"  #: the name that the value of a whole expression gets

Render = Callable[[Context], Iterator[str]]


class Code:
    """What a text of one kind does; alike texts share it (see `code_of`)."""

    __slots__ = ("__weakref__", "_environment", "_expression", "_lines", "_render", "_source")

    def __init__(self, kind: Kind, source: str, *, expression: bool) -> None:
        self._environment = sandbox(kind)
        self._source = source
        self._expression = expression
        self._render: Render | None = None
        self._lines: tuple[tuple[int, int], ...] = ()

    @property
    def ready(self) -> bool:
        """Whether the code has been generated."""
        return self._render is not None

    def run(self, names: dict[str, Any]) -> tuple[Context, Iterator[str]]:
        """Return the names, where a whole expression leaves its value as RESULT, and the pieces of the text."""
        environment = self._environment
        context = environment.context_class(environment, names, None, {})
        return context, (self._render or self.make())(context)

    def make(self) -> Render:
        """Generate the code now; raises what Jinja or Python raise for a text that cannot be compiled."""
        tree, whole = parsed(self._environment, self._source, expression=self._expression)
        self.take(generated(self._environment, assigned(tree) if whole else tree)[1])
        assert self._render is not None  # noqa: S101 - just taken
        return self._render

    def take(self, code: CodeType) -> None:
        """Use code that has been generated already."""
        space: dict[str, Any] = {"environment": self._environment}
        exec(code, space)  # noqa: S102 - what Jinja wrote, as `Template.from_code` does
        pairs = (pair.split("=") for pair in space["debug_info"].split("&") if pair)
        self._lines = tuple((int(line), int(of_code)) for line, of_code in pairs)
        # Without this entry nothing points back, so that an old configuration goes when its last user does.
        self._render = space.pop("root")

    def line_of(self, error: BaseException) -> int:
        """Return the line of the text at which an error came up, from 1."""
        line, trace = 1, error.__traceback__
        while trace is not None:
            if self._render is not None and trace.tb_frame.f_globals is self._render.__globals__:
                line = next((here for here, there in reversed(self._lines) if there <= trace.tb_lineno), 1)
            trace = trace.tb_next
        return line


_codes: WeakValueDictionary[tuple[Kind, str, bool], Code] = WeakValueDictionary()


def code_of(kind: Kind, source: str, *, expression: bool) -> Code:
    """Return the code of a text, which all alike texts share as long as one of them is in use."""
    key = (kind, source, expression)
    found = _codes.get(key)
    if found is None:
        found = _codes[key] = Code(kind, source, expression=expression)
    return found


def parsed(environment: Sandbox, source: str, *, expression: bool) -> tuple[nodes.Template, bool]:
    """Return the tree of a text, and whether it is one expression; raises jinja2.TemplateSyntaxError."""
    if expression:
        return _as_output(environment, parsed_expression(environment, source)), True
    tree = environment.parse(source)
    return tree, _is_whole(tree, source)


def parsed_expression(environment: Sandbox, source: str, *, tuples: bool = False) -> nodes.Expr:
    """Return the tree of an expression; `tuples` are allowed between `{{ }}`."""
    parser = Parser(environment, source, state="variable")
    value = parser.parse_tuple(with_condexpr=True) if tuples else parser.parse_expression()
    if not parser.stream.eos:
        parser.fail("expected the end of the expression", parser.stream.current.lineno)
    return value


def assigned(tree: nodes.Template) -> nodes.Template:
    """Return a template that keeps the value of its expression as RESULT, in place of printing it."""
    output = tree.body[0]
    assert isinstance(output, nodes.Output)  # noqa: S101 - `_is_whole` looked
    assign = nodes.Assign(nodes.Name(RESULT, "store", lineno=1), output.nodes[0], lineno=output.lineno)
    made = nodes.Template([assign], lineno=1)
    made.set_environment(tree.environment)  # type: ignore[arg-type]
    return made


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


def generated(environment: Sandbox, tree: nodes.Template) -> tuple[set[str], CodeType]:
    """Return the names that a template takes from outside, and its code; the tree is used up."""
    generator = _Tracking(environment)
    generator.visit(rewrite(tree))
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


def _as_output(environment: Sandbox, value: nodes.Expr) -> nodes.Template:
    tree = nodes.Template([nodes.Output([value], lineno=1)], lineno=1)
    tree.set_environment(environment)
    return tree
