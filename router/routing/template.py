"""One text of the configuration, compiled: a constant, a whole expression that keeps its type, or a template."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from router.config.node import Scalar
from router.config.problem import Problems, did_you_mean
from router.errors import RenderError
from router.plugin import Kind
from router.routing import place as places
from router.routing.bounds import RENDERED, BoundsError
from router.routing.code import RESULT, Code
from router.routing.faults import reason_of
from router.routing.kinds import VALUE, filled, finished
from router.routing.names import DEATH_MEMBERS, OF_DEATH
from router.routing.reading import Use, read

_MARKED = re.compile(r"\{\{|\{%|\{#")
LONGEST = RENDERED  #: characters of one template: what is longer cannot be rendered
MOST_TAGS = 2_000  #: of one template; the reading of one takes up to 50 microseconds
_MOST_KNOWN = 500  # names that a misspelled one is compared with
_CLOCK = "planning knows no time of day; use `event.received_at`"
_ELSEWHERE = {
    **dict.fromkeys(("now", "utcnow", "today", "date"), _CLOCK),
    **dict.fromkeys(("item", "index"), "it is known under `for_each` only"),
    **dict.fromkeys(("env", "secrets", "environ"), "nothing is taken from outside here: see `vars` of the file"),
    "vars": "a var is named without `vars.`",
    "delivery": "it is known in `on_dead` only",
}


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
    code: Code

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
        context, parts = self.code.run(names)
        for _ in parts:
            pass
        return context.vars[RESULT]

    def failed(self, error: BaseException, names: Mapping[str, Any], what: str) -> RenderError:
        """Return the error of this text for one event: the file and line, the field, and why."""
        return RenderError(f"{self._place(error)}: {what}: {reason_of(error, self.chains, names)}")

    def _text(self, names: dict[str, Any]) -> str:
        parts, length = [], 0
        for part in self.code.run(names)[1]:
            length += len(part)
            if length > RENDERED:
                raise BoundsError(f"the rendered text is longer than {RENDERED // 1024} KiB")
            parts.append(part)
        return "".join(parts)

    def _place(self, error: BaseException) -> str:
        return f"{self.place.mark.file}:{self.place.line(self.code.line_of(error))}"


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
    where = place or places.of(node, problems.texts)
    if len(source) > LONGEST or source.count("{{") + source.count("{%") > MOST_TAGS:
        message = f"a template has at most {LONGEST // 1024} KiB and {MOST_TAGS:,} `{{{{ }}}}` and `{{% %}}`"
        problems.error("too-large", where.mark, message, "let it hold less, or make several actions of it")
        return None
    reading = read(kind, source, expression=expression)
    for slip in reading.slips:
        mark = where.spot(source, slip.line, slip.word, slip.offset)
        problems.error(slip.code, mark, slip.message, slip.hint)
    unknown = [(name, use) for name, use in reading.uses if name not in known]
    for name, use in unknown:
        mark = where.word(source, use.line, name)
        problems.error("unknown-name", mark, f"`{name}` is not defined here", _instead(name, use, known))
    beyond = [] if unknown else _beyond_death(reading.chains, known)
    for chain, member in beyond:
        hint = did_you_mean(member, DEATH_MEMBERS)
        problems.error("unknown-name", where.word(source, 1, chain), f"`delivery` has no `{member}`", hint)
    if reading.code is None or unknown or beyond:
        return None
    names = frozenset(name for name, _ in reading.uses)
    return Template(kind, reading.whole, where, source, names, reading.chains, reading.code)


def compile_expression(node: Scalar, known: Collection[str], problems: Problems) -> Template | None:
    """Compile the value of `if` or `for_each`: an expression, with or without `{{ }}`."""
    text = str(node.value).strip()
    if text.startswith("{{"):
        found = compile_text(Scalar(text, node.mark, node.text, node.plain), VALUE, known, problems)
        if found is not None and not found.whole:
            bare = re.sub(r"\{\{ *| *\}\}", "", text[:300])
            hint = f"write {bare}" if "\n" not in bare else None
            message = "this takes one expression, such as `data.id` or `{{ data.id }}`"
            problems.error("template-syntax", node, message, hint)
            return None
        return found
    return compile_text(node, VALUE, known, problems, expression=True)


def _beyond_death(chains: Collection[str], known: Collection[str]) -> list[tuple[str, str]]:
    """Return each dotted name that `delivery` has not, with its member, where `delivery` is known at all."""
    steps = [chain.split(".") for chain in chains] if all(name in known for name in OF_DEATH) else []
    return [(".".join(s), s[1]) for s in steps if len(s) == 2 and s[0] in OF_DEATH and s[1] not in DEATH_MEMBERS]


def _instead(name: str, use: Use, known: Collection[str]) -> str:
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if use.dash:
        return f"a name with a dash stands in brackets: {use.dash}"
    if len(known) > _MOST_KNOWN:
        return f"{len(known):,} names are known here, and this is none of them"
    if near := get_close_matches(name.lower(), {word.lower(): word for word in known}, n=1, cutoff=0.75):
        return f"did you mean `{next(word for word in known if word.lower() == near[0])}`?"
    if name in ("null", "nil", "NULL"):
        return "write `none`"
    if use.called:
        return "there are no functions but `range`; a filter stands behind `|`"
    return f"a member of the event is `data.{name}`, a text stands in quotes; known: {', '.join(sorted(known))}"
