"""Reads one text as a template, wherever it stands: what it uses, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import jinja2
from jinja2 import nodes

from router.config.problem import did_you_mean
from router.plugin import Kind
from router.routing import dialects
from router.routing.code import Code, assigned, code_of, generated, parsed, parsed_expression
from router.routing.filters import public_names
from router.routing.kinds import RAW_ALLOWED, sandbox
from router.routing.methods import METHODS
from router.routing.rewrite import refused
from router.routing.sandbox import GLOBALS
from router.routing.wording import Said, in_words

EVENT_MEMBERS = ("id", "type", "source", "time", "received_at")

#: An expression between braces whose end no lexer could see elsewhere: texts in it hold no backslash.
_PIECE = re.compile(r"""\{\{(?![-+])((?:[^{}"'#]|"[^"\\]*"|'[^'\\]*')*)(?<!-)\}\}""")
_OTHER = re.compile(r"\{%|\{#|\r")
_LONG = 20_000  # characters; a longer text is compiled at once, to see whether it can be
_DEEP = 20  # levels of an expression; Python's own compiler takes 200 brackets
_DEEPEST = 100  # levels of any template
_OF_JINJA = frozenset({"self", "super", "loop", "caller", "varargs", "kwargs"})  # they may come from inside


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
    """What a text says; `whole` is one expression, whose value keeps its type. No `code` where it slips."""

    whole: bool = False
    uses: tuple[tuple[str, Use], ...] = ()
    chains: tuple[str, ...] = ()
    code: Code | None = None
    slips: tuple[Slip, ...] = ()


@lru_cache(maxsize=4096)
def read(kind: Kind, source: str, *, expression: bool) -> Reading:
    """Return what a template says, or a bare expression; the same text is read once, as files repeat theirs.

    Most texts are words and plain expressions, of which the second are what files repeat: those are read one by
    one, and no code is made of them yet. Whatever else there is, and every mistake, takes the long way.
    """
    return _pieced(kind, source, expression=expression) or _whole(kind, source, expression=expression)


def _whole(kind: Kind, source: str, *, expression: bool) -> Reading:
    environment = sandbox(kind)
    try:
        tree, whole = parsed(environment, source, expression=expression)
        found = list(_walk(tree))
        if _shallow(tree, _DEEPEST) is None:  # Jinja would take time that grows with the cube of it
            return Reading(
                slips=(Slip(1, "", "template-syntax", f"the template is nested deeper than {_DEEPEST} levels"),)
            )
        if slips := tuple(_slips(found, kind)):
            return Reading(slips=slips)
        chains = tuple(dict.fromkeys(filter(None, map(_chain, found))))
        uses = _uses(found)
        names, compiled = generated(environment, assigned(tree) if whole else tree)
    except jinja2.TemplateSyntaxError as error:
        said = in_words(error.message or "", source, expression=expression)
        return Reading(slips=(_slip(said, error.lineno),))
    except (RecursionError, SyntaxError, ValueError) as error:  # nested too deep for Python's own compiler
        return Reading(slips=(Slip(1, "", "template-syntax", f"the template cannot be compiled: {error}"),))
    used = tuple((name, uses.get(name, Use(1))) for name in sorted(names - set(GLOBALS)))
    code = code_of(kind, source, expression=expression)
    code.take(compiled)
    return Reading(whole, used, chains, code)


def _pieced(kind: Kind, source: str, *, expression: bool) -> Reading | None:
    """Read a text of plain expressions; None where it is anything else, or has any fault."""
    parts = [(source, 0)] if expression else _expressions(source)
    if len(source) > _LONG or not parts:
        return None
    uses: dict[str, Use] = {}
    chains: dict[str, None] = {}
    for text, line in parts:
        piece = _piece(kind, text, tuples=not expression)
        if piece is None:
            return None
        for name, use in piece.uses:
            if name not in uses:
                uses[name] = use if line == 0 else Use(use.line + line, use.called, use.dash)
        chains.update(dict.fromkeys(piece.chains))
    whole = expression or (len(parts) == 1 and len(parts[0][0]) + 4 == len(source))
    code = code_of(kind, source, expression=expression)
    return Reading(whole, tuple(sorted(uses.items())), tuple(chains), code)


def _expressions(source: str) -> list[tuple[str, int]] | None:
    """Return the expressions of a text, each with how many lines are above it; None where there is more."""
    if _OTHER.search(source):
        return None
    found, here, line = [], 0, 0
    while (start := source.find("{{", here)) >= 0:
        match = _PIECE.match(source, start)
        if match is None:
            return None
        line += source.count("\n", here, start)
        found.append((match[1], line))
        line += match[1].count("\n")
        here = match.end()
    return found


@lru_cache(maxsize=16_384)
def _piece(kind: Kind, text: str, *, tuples: bool) -> Reading | None:
    environment = sandbox(kind)
    try:
        tree = parsed_expression(environment, text, tuples=tuples)
    except (jinja2.TemplateSyntaxError, RecursionError, ValueError):
        return None
    found = _shallow(tree)
    if found is None or any(_slips(found, kind)) or any(map(_repeats, found)):
        return None
    names = {node.name for node in found if isinstance(node, nodes.Name)}
    if names & _OF_JINJA:
        return None
    uses = _uses(found)
    chains = tuple(dict.fromkeys(filter(None, map(_chain, found))))
    return Reading(True, tuple((name, uses[name]) for name in names if name not in GLOBALS), chains)


def _slip(said: Said, line: int) -> Slip:
    return Slip(
        line, said.word, "template-syntax", f"the template is faulty: {said.message}", said.hint, said.offset
    )


def _walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Yield every node below, in the order of the text."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(node.iter_child_nodes())))


def _shallow(tree: nodes.Node, most: int = _DEEP) -> list[nodes.Node] | None:
    """Return every node below, in the order of the text; None where they lie too deep to be sure of."""
    found, waiting = [], [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > most:
            return None
        found.append(node)
        if not isinstance(node, nodes.Name | nodes.Const):
            waiting.extend([(inner, level + 1) for inner in node.iter_child_nodes()][::-1])
    return found


def _repeats(node: nodes.Node) -> bool:
    """Whether a call names an argument twice, which only Python's compiler refuses."""
    named = [pair.key for pair in getattr(node, "kwargs", ())]
    return len(named) > len(set(named))


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
