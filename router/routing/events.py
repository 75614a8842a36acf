"""Which types of event a route or action takes: exact names and globs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from router.config.node import Scalar
from router.config.problem import Problems, did_you_mean

_LONGEST = 300  # characters of an unknown type for which another one is looked for


def glob_fits(glob: str, text: str) -> bool:
    """Whether a text fits a glob, in which `*` is any text, dots and slashes too. Linear."""
    first, *rest = glob.split("*")
    if not rest:
        return text == glob
    *middle, last = rest
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    here, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, here, end)
        if found < 0:
            return False
        here = found + len(piece)
    return True


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The types that are taken; the empty type fits nothing (LANGUAGE.md, "Sources")."""

    exact: frozenset[str]
    globs: tuple[str, ...] = ()

    def fits(self, type_: str) -> bool:
        """Whether a type is taken."""
        return type_ != "" and (type_ in self.exact or any(glob_fits(glob, type_) for glob in self.globs))

    def __str__(self) -> str:
        return " or ".join(f"`{name}`" for name in (*sorted(self.exact), *self.globs))


def compile_events(
    nodes: Iterable[Scalar], known: frozenset[str] | None, problems: Problems, within: EventFilter | None = None
) -> EventFilter:
    """Compile the names of an `event` key.

    `known` are all types that the sources can send, or None where that is not known: anything else is a
    warning, and so is what the route's own filter (`within`) never lets through.
    """
    exact: list[str] = []
    globs: list[str] = []
    for node in nodes:
        name = str(node.value)
        if re.match(r"-\S", name):
            problems.error("yaml-syntax", node, "this is no list", f"put a blank behind each dash: - {name[1:]}")
            continue
        if not name.strip():
            problems.error("empty-value", node, "`event` is empty: leave it out to take every event")
            continue
        if "{{" in name:
            problems.error("constant", node, "`event` is a constant: a template cannot stand here")
            continue
        is_glob = "*" in name
        (globs if is_glob else exact).append(name)
        if known and not (any(glob_fits(name, type_) for type_ in known) if is_glob else name in known):
            what = f"no known event type fits `{name}`" if is_glob else f"`{name}` is no known event type"
            problems.warning("unknown-event", node, f"{what} of the source", _meant(name, known))
        elif within and not is_glob and not within.fits(name):
            problems.warning("never", node, f"this never happens: the route takes {within}, not `{name}`")
    return EventFilter(frozenset(exact), tuple(globs))


def _meant(name: str, known: frozenset[str]) -> str | None:
    """Return what to write for a type that is none: a list, a glob, or the nearest type."""
    if len(name) > _LONGEST:
        return None
    parts = [part for part in re.split(r"\s*[,|]\s*|\s+", name) if part]
    if len(parts) > 1 and all(part in known for part in parts):
        return f"write a list: [{', '.join(parts)}]"
    if choice := re.fullmatch(r"\^?(.*)\(([\w.|]+)\)(.*?)\$?", name):
        return f"write a list: [{', '.join(choice[1] + part + choice[3] for part in choice[2].split('|'))}]"
    plain = re.sub(r"\\?\.[+*]$|\\(?=\.)|^\^|\$$", "", name)
    stem = plain.removesuffix(".*").removesuffix(".")
    if any(type_.startswith(f"{stem}.") for type_ in known):
        return f"did you mean `{stem}.*`?"
    words = {f"{type_.rsplit('.', 1)[0]}.*" for type_ in known} if "*" in name else known
    return did_you_mean(name, words)
