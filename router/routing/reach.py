"""Checks that the vars of sources are used only where every source of the route has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from router.config.problem import Problems
from router.routing.parts import Each, Filled, ListOf, MapOf, Part, Written
from router.routing.template import Template


def templates_of(part: Part) -> Iterator[Template]:
    """Yield every template in a tree of parameters."""
    if isinstance(part, Filled | Written):
        yield part.template
    elif isinstance(part, Each):
        yield part.items
        yield from templates_of(part.part)
    elif isinstance(part, ListOf):
        for inner in part.parts:
            yield from templates_of(inner)
    elif isinstance(part, MapOf):
        for _, inner in part.entries:
            yield from templates_of(inner)


def check_reach(
    templates: Iterable[Template],
    vars_of: Mapping[str, Collection[str]],
    hidden: tuple[Collection[str], ...],
    problems: Problems,
) -> None:
    """Note each use of a var that some of the route's sources have and others have not.

    `vars_of` are the vars of each source that the route takes, `hidden` names that the route or file defines.
    """
    some = {name for names in vars_of.values() for name in names}
    partial = {name for name in some if not all(name in names for names in vars_of.values())}
    partial = {name for name in partial if not any(name in names for names in hidden)}
    if not partial:
        return
    for template in templates:
        for name in sorted(template.names & partial):
            having = [source for source, names in vars_of.items() if name in names]
            lacking = next(source for source, names in vars_of.items() if name not in names)
            only = " and ".join(f"`{source}`" for source in sorted(having))
            problems.error(
                "unknown-name",
                template.place.word(template.source, 1, name),
                f"`{name}` is a var of the source {only} only, and the route takes events of `{lacking}` too",
                f"add `source: {having[0]}` to the route",
            )
