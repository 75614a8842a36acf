"""Shows what the tests cover of the routes, and what they never made happen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from router.cli.output import Paint, safe
from router.testing.coverage import Coverage

_MOST = 10


def covered(coverage: Coverage, paint: Paint, *, whole: bool) -> Iterator[str]:
    """Yield the lines; of a long list its beginning, unless the `whole` is wanted."""
    routes, actions, sides = coverage.count("taken"), coverage.count("made"), coverage.count("true", "false")
    if not routes[1]:
        return
    parts = [f"{routes[0]} of {routes[1]} routes taken", f"{actions[0]} of {actions[1]} actions made"]
    if sides[1]:
        parts.append(f"{sides[0]} of {sides[1]} outcomes of conditions seen")
    style = "green" if not coverage.missing else "yellow"
    yield f"{paint('coverage', 'bold')}  {paint(f'{shown(coverage.percent)}%', style)}: {', '.join(parts)}"
    gaps = coverage.gaps
    listed = gaps if whole or len(gaps) <= _MOST else gaps[: _MOST - 1]
    width = max((len(str(aim.place)) for _, aim in listed), default=0)
    for word, aim in listed:
        yield f"  {word.ljust(11)}  {paint(str(aim.place).ljust(width), 'dim')}  {safe(aim.text)}"
    if len(listed) < len(gaps):
        yield f"  … and {len(gaps) - len(listed)} more (-v shows all)"


def shown(percent: float) -> str:
    """Return a share without rounding it up to 100."""
    return f"{int(percent * 10) / 10:g}"


def as_json(coverage: Coverage) -> dict[str, Any]:
    """Return the same for scripts."""
    routes, actions, sides = coverage.count("taken"), coverage.count("made"), coverage.count("true", "false")
    return {
        "percent": int(coverage.percent * 10) / 10,
        "routes": {"taken": routes[0], "all": routes[1]},
        "actions": {"made": actions[0], "all": actions[1]},
        "conditions": {"seen": sides[0], "all": sides[1]},
        "never": [
            {
                "kind": aim.kind,
                "route": aim.route,
                "file": aim.place.file,
                "line": aim.place.line,
                "column": aim.place.column,
                "text": aim.text,
            }
            for aim in coverage.missing
        ],
    }
