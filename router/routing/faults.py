"""Says in words why a template failed for one event, naming the variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from router.errors import RenderError
from router.routing.bounds import BoundsError
from router.routing.sandbox import Lazy
from router.routing.undefined import said
from router.routing.values import ValueFault, called


def reason_of(error: BaseException, chains: Sequence[str], names: Mapping[str, Any]) -> str:
    """Return the reason; `chains` are the dotted names that the template holds."""
    sentence = said(error)
    if sentence is not None:
        return _missing(sentence.member, chains, names) or str(sentence)
    if isinstance(error, RecursionError):
        return "it goes too deep"
    if isinstance(error, MemoryError):
        return "it needs too much memory"
    if isinstance(error, UnicodeEncodeError):
        return "a text holds half of a surrogate pair, which is no character"
    text = str(error).strip() or type(error).__name__
    if isinstance(error, RenderError | BoundsError | ValueFault | UndefinedError | SecurityError):
        return text
    return f"{text} ({type(error).__name__})"


def _missing(member: str, chains: Sequence[str], names: Mapping[str, Any]) -> str | None:
    plain = member[1:-1].strip("'") if member.startswith("[") else member
    guess: str | None = None
    for chain in chains:
        steps = chain.split(".")
        if plain not in steps:
            continue
        owner, known = _walk(names, steps, plain)
        full = ".".join(steps[: steps.index(plain, 1) + 1]) if plain in steps[1:] else chain
        if known is not None:
            return f"`{full}` is missing: {known}"
        guess = guess or (f"`{full}` is missing" if owner is None else None)
    return guess


def _walk(names: Mapping[str, Any], steps: Sequence[str], member: str) -> tuple[str | None, str | None]:
    """Follow a dotted name; return what is certain about the place where it ends, if that is `member`."""
    if steps[0] not in names or isinstance(names[steps[0]], Lazy):
        return None, None
    value: Any = names[steps[0]]
    for number, step in enumerate(steps[1:], 1):
        owner = ".".join(steps[:number])
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (LookupError, TypeError, ValueError):
            if step != member:
                return owner, None
            kind = called(value)
            return owner, f"`{owner}` is {kind}" if kind != "a mapping" else f"`{owner}` has no `{member}`"
    return ".".join(steps), None
