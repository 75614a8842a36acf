"""The names that templates may use, and those that nothing else may be called."""

from __future__ import annotations

import re

#: What every template knows.
ALWAYS = frozenset({"event", "data", "payload", "headers", "query", "route", "omit", "range"})
#: What one knows under `for_each` besides.
OF_ITEM = frozenset({"item", "index"})
#: What one knows in `on_dead` besides, and what it has.
OF_DEATH = frozenset({"delivery"})
DEATH_MEMBERS = ("id", "route", "action", "reason", "attempts")
_OF_JINJA = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "is",
        "if",
        "elif",
        "else",
        "endif",
        "for",
        "endfor",
        "set",
        "endset",
        "macro",
        "endmacro",
        "call",
        "endcall",
        "filter",
        "endfilter",
        "with",
        "endwith",
        "raw",
        "endraw",
        "true",
        "false",
        "none",
        "True",
        "False",
        "None",
        "loop",
        "self",
        "super",
        "varargs",
        "kwargs",
        "caller",
        "recursive",
        "import",
        "from",
        "as",
        "include",
        "ignore",
        "missing",
        "without",
        "context",
        "extends",
        "block",
        "endblock",
        "autoescape",
        "endautoescape",
    ]
)
#: What neither a var nor an `as` may be called.
CANNOT_NAME = ALWAYS | OF_ITEM | OF_DEATH | _OF_JINJA


def identifier(name: str) -> bool:
    """Whether a template can use the name."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None
