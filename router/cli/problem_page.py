"""The page of a problem's code, as `router check --explain` prints it."""

from __future__ import annotations

import re

from router.cli.exit import USAGE, Stop
from router.cli.output import Paint

_COMMENT = re.compile(r"<!-- .* -->")
_FILE = re.compile(r"<!-- file: (.*) -->")
_LINK = re.compile(r"\[([^\]]+)\]\(\.\./([\w.-]+\.md)\)")


def explanation(code: str, *, color: bool) -> str:
    """Return the page of a code, without its markup; raises Stop where there is no such code."""
    from router.config.codes import page

    name = code.strip().strip("[]").lower()
    text = page(name)
    if text is None:
        raise Stop(_unknown(name), USAGE)
    return _plain(text, Paint(on=color))


def _unknown(name: str) -> str:
    from router.config.codes import CODES, near

    if found := near(name):
        return f"there is no code `{name}`; did you mean {' or '.join(f'`{code}`' for code in found)}?"
    return f"there is no code `{name}`; these are: {', '.join(CODES)}"


def _plain(text: str, paint: Paint) -> str:
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            lines.append(f"    {line}".rstrip())
        elif line.startswith("#"):
            lines.append(paint(line.lstrip("# "), "bold"))
        elif file := _FILE.fullmatch(line):
            lines.append(f"{file[1]}:")
        elif not _COMMENT.fullmatch(line) and (line or lines[-1:] != [""]):
            lines.append(_LINK.sub(r"\1 (docs/\2)", line))
    return "\n".join(lines).strip()
