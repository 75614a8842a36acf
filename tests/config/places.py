"""What the tests of this folder share."""

from __future__ import annotations

from router.config.problem import Problem, Problems


def only(problems: Problems) -> Problem:
    """Return the one problem that there is."""
    found = list(problems)
    assert len(found) == 1, [f"{p.mark}: {p.message}" for p in found]
    return found[0]


def told(problems: Problems) -> list[str]:
    """Return each problem as `line:column code`."""
    return [f"{p.mark.line}:{p.mark.column} {p.code}" for p in problems]
