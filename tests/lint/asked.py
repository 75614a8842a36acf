"""What `lint` tells of a file that has no errors."""

from __future__ import annotations

from collections.abc import Mapping

from router.config.problem import Problem, Problems
from router.lint import lint
from tests.language.town import FIRST, load, routes, usable


def problems(text: str, environ: Mapping[str, str] | None = None) -> Problems:
    """Return the warnings about a whole file."""
    loaded = load(text, environ)
    found = Problems()
    found.texts.update(loaded.texts)
    lint(usable(loaded), found)
    return found


def told(text: str, *codes: str) -> list[str]:
    """Return the warnings about routes, of these codes (else of all), each with the text above its caret.

    What stands above the routes, and may be used by none of them, is not told.
    """
    found = problems(routes(text))
    return [said(p, found) for p in found if p.mark.line >= FIRST and (not codes or p.code in codes)]


def said(p: Problem, found: Problems) -> str:
    """Return a problem as `line `marked` code: message (hint)`; lines count from the first route."""
    line = found.texts[p.mark.file].split("\n")[p.mark.line - 1]
    marked = line[p.mark.column - 1 : p.mark.column - 1 + p.mark.length]
    hint = f" ({p.hint})" if p.hint else ""
    return f"{p.mark.line - FIRST + 1} `{marked}` {p.code}: {p.message}{hint}"


def post(template: str, event: str = "user.created", source: str = "clerk", above: str = "") -> str:
    """Return a route with one template, on line 5; line 4 has more keys."""
    keys = f"  {above}" if above else ""
    action = f"slack: {{text: '{template}'}}, destination: slack"
    return f"- name: r\n  source: {source}\n  event: {event}\n{keys}\n  actions: [{{{action}}}]\n"


def where(*conditions: str, event: str = "user.created", source: str = "clerk") -> str:
    """Return a route with these conditions, the first on line 5."""
    lines = "".join(f"    - {condition}\n" for condition in conditions)
    actions = "  actions: [{slack: {text: hello}, destination: slack}]\n"
    return f"- name: r\n  source: {source}\n  event: {event}\n  where:\n{lines}{actions}"
