"""The grammar of dotted paths; anything else is an error that says what to write."""

from __future__ import annotations

import re
from difflib import get_close_matches

from router.jsonpath.dotted import DottedPath, Step
from router.jsonpath.path_error import PathError

ROOTS = ("data", "payload", "event", "headers", "query")
"""What a dotted path begins with."""

MAX_STEPS = 64
"""Steps of one path."""

_STEP = re.compile(
    r"""\.(?P<name>[\w-]+) | \.(?P<every>\*) | \[(?P<index>-?\d{1,9})\] | \[(?P<all>\*)\]
        | \[(?:'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)")\]""",
    re.VERBOSE,
)


def compile_dotted(text: str) -> DottedPath:
    """Return the path; raises PathError with the place and what to write instead."""
    found = re.match(r"[A-Za-z_]\w*", text)
    root = found[0] if found else ""
    if root not in ROOTS:
        near = get_close_matches(root, ROOTS, n=1, cutoff=0.75)
        known = ", ".join(f"`{name}`" for name in ROOTS)
        if root in ("body", "json", "request", "root"):
            near = ["payload"]
        hint = f"did you mean `{near[0]}`?" if near else f"a name of the payload is `data.{text.lstrip('.$')}`"
        raise PathError(f"a path begins with one of {known}, or with `$`; not with `{root or text[:1]}`", 0, hint)
    steps: list[Step] = []
    at = len(root)
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise _wrong_step(text, at)
        steps.append(_step(step))
        at = step.end()
    if len(steps) > MAX_STEPS:
        raise PathError(f"a path may have {MAX_STEPS} steps", len(root))
    return DottedPath(text, root, tuple(steps))


def step_spans(text: str) -> list[tuple[int, int]]:
    """Return where each step of a path that compiles begins and ends, without its dot."""
    found, at = [], len(re.match(r"\w*", text)[0])  # type: ignore[index]
    while step := _STEP.match(text, at):
        found.append((at + (text[at] == "."), step.end()))
        at = step.end()
    return found


def _step(match: re.Match[str]) -> Step:
    if match["every"] or match["all"]:
        return None, None
    if match["index"] is not None:
        return None, int(match["index"])
    if (name := match["name"]) is not None:
        return name, int(name) if name.isascii() and name.isdigit() and len(name) < 10 else None
    return match["single"] if match["single"] is not None else match["double"], None


def _wrong_step(text: str, at: int) -> PathError:
    rest = text[at:]
    if rest.startswith(("[?", "..")):
        what = "a filter" if rest.startswith("[?") else "`..`"
        return PathError(
            f"{what} needs a JSONPath from the payload's root", at, "begin with `$`: `$.items[?@.x == 1]`"
        )
    if rest[0] == "[":
        if "\\" in rest.split("]")[0]:
            return PathError("a backslash (an escape) in quotes is not supported", at + rest.index("\\"))
        return PathError("a bracket holds an index, `*` or a quoted name", at, "write `[0]`, `[*]` or `['a.b']`")
    if rest[0] == ".":
        if rest == ".":
            return PathError("a name must follow the dot", at)
        word = re.split(r"[.\[]", rest[1:])[0]
        if not word:
            return PathError("there is a dot too many", at)
        return PathError(f"`{rest[1]}` cannot stand in a name without quotes", at + 1, f"write `['{word}']`")
    word = re.split(r"[.\[]", re.split(r"[.\]]", text[:at])[-1] + rest)[0]
    hint = (
        f"quote the name: `['{word}']`"
        if rest[0] not in " \t=<>!(){}|"
        else "a path holds no blanks and no expression"
    )
    return PathError(f"`{rest[0]}` cannot stand here in a path", at, hint)
