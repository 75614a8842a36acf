"""Changes values of a YAML text in place: everything else, comments too, stays byte for byte as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import yaml

from router.config import yaml as reader
from router.config.node import plain
from router.config.problem import Problems
from router.testing import emit
from router.testing.outcome import Edit

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Change = tuple[int, int, str]  # from, to, the text instead


class Unspliceable(Exception):
    """The text cannot be changed safely; it says why."""


def splice(text: str, edits: Sequence[Edit]) -> str:
    """Return the text with the values at these paths changed, or added; raises Unspliceable.

    The result is read again: what it says is what the text said, with the edits and nothing else.
    """
    edits = _outermost(edits)
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    bare = text.removeprefix("\ufeff")
    faults, before = _read(bare)
    wanted = _edited(before, edits)
    for lines in (True, False):
        try:
            changed = _spliced(bare, edits, lines=lines)
        except yaml.YAMLError:
            raise Unspliceable("it is not YAML") from None
        now, after = _read(changed)
        if now <= faults and _same(after, wanted):
            return bom + changed
    raise Unspliceable("it cannot be changed without changing more: an anchor, an alias or a `<<` may stand there")


def _outermost(edits: Sequence[Edit]) -> list[Edit]:
    """Drop edits below others: the outer one says it all."""
    paths = {edit.path for edit in edits}
    inner = [e for e in edits if any(e.path[:length] in paths for length in range(len(e.path)))]
    return list({edit.path: edit for edit in edits if edit not in inner}.values())


def _read(text: str) -> tuple[int, Any]:
    problems = Problems()
    node = reader.parse(text, "tests", problems)
    return len(problems.errors), None if node is None else plain(node)


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _edited(tree: Any, edits: Sequence[Edit]) -> Any:
    tree = deepcopy(tree)
    for edit in edits:
        *steps, last = edit.path
        inner = tree
        try:
            for step in steps:
                inner = inner[step]
            inner[last] = edit.value
        except (LookupError, TypeError):
            raise Unspliceable("it was changed meanwhile") from None
    return tree


def _spliced(text: str, edits: Sequence[Edit], *, lines: bool) -> str:
    root = yaml.compose(text, Loader=_LOADER)
    changes = [change for edit in edits for change in _changes(text, root, edit, lines=lines)]
    for _, (start, stop, new) in sorted(enumerate(changes), key=lambda pair: (-pair[1][0], -pair[0])):
        text = text[:start] + new + text[stop:]
    return text


def _changes(text: str, node: Any, edit: Edit, *, lines: bool) -> list[Change]:
    """Return the changes of one edit; with `lines` long values may take several."""
    flow = bool(getattr(node, "flow_style", False))
    *steps, last = edit.path
    for step in steps:
        node = _member(node, step)[1]
        flow = flow or bool(getattr(node, "flow_style", False))
    key, value = _member(node, last, missing=True)
    newline = "\r\n" if "\r\n" in text else "\n"
    if value is None:
        return [_added(text, node, str(last), edit.value, newline, flow=flow, lines=lines)]
    if lines and (items := _items(text, value, edit.value, newline)) is not None:
        return items
    if flow or not lines:
        column = None
    elif key is None:
        column = value.start_mark.column  # an item of a list
    else:
        column = key.start_mark.column + 2
    return [_replaced(text, key, value, edit.value, column, newline)]


def _items(text: str, value: Any, new: Any, newline: str) -> list[Change] | None:
    """Return the changes of a list of words, each in its line: lines that go, and that come at its end.

    None for any other list, or if the order changes.
    """
    if not isinstance(value, yaml.SequenceNode) or value.flow_style or not isinstance(new, list):
        return None
    old = [item.value if isinstance(item, yaml.ScalarNode) and not item.style else None for item in value.value]
    kept = [word for word in old if word in new]
    if None in old or not kept or new[: len(kept)] != kept or not all(isinstance(word, str) for word in new):
        return None
    changes, end = [], 0
    for item in value.value:
        if item.value in new:
            end = line_end(text, item.end_mark.index)
        else:
            start = text.rfind("\n", 0, item.start_mark.index) + 1
            stop = text.find("\n", item.end_mark.index) + 1
            changes.append((start, stop or len(text), ""))
    for word in new[len(kept) :]:
        changes.append((end, end, f"{newline}{' ' * value.start_mark.column}- {emit.inline(word)}"))
    return changes


def _member(node: Any, step: str | int, *, missing: bool = False) -> tuple[Any, Any]:
    """Return the key (None in a list) and the value of a member."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return key, value
        if missing:
            return None, None
    raise Unspliceable("it is merged from elsewhere (`<<`)")


def _replaced(text: str, key: Any, value: Any, new: Any, column: int | None, newline: str) -> Change:
    start, stop = value.start_mark.index, end_of(text, value)
    later = key is not None and value.start_mark.line > key.end_mark.line
    if column is not None and later:
        column = value.start_mark.column
    block = _lines(new, column, newline)
    short = emit.inline(new)
    if isinstance(new, str) and column is not None and (literal := emit.literal(new, column)) is not None:
        short = literal.replace("\n", newline)
    if block is None or (not later and key is not None and _fits(new, short, column)):
        if not later:
            blank = "" if start < stop or text[start - 1 : start] in (" ", "") else " "
            return start, stop, blank + short
        colon = text.index(":", key.end_mark.index) + 1
        comment = text[colon : line_end(text, colon)].rstrip()
        return colon, stop, f" {short}{comment}"
    if later or key is None:
        return start, stop, block
    if start == stop:  # empty: whatever follows on its line is a comment
        start = stop = line_end(text, start)
    else:
        start -= len(text[:start]) - len(text[:start].rstrip(" "))
    return start, stop, f"{newline}{' ' * (column or 0)}{block}"


def _fits(new: Any, short: str, column: int | None) -> bool:
    """Whether a value stays in the line of its key: a list or mapping that is short; never a whole `expect`."""
    is_expect = isinstance(new, dict) and ("routes" in new or "verify" in new)
    return not is_expect and "\\n" not in short and len(short) + (column or 0) < 90


def _lines(new: Any, column: int | None, newline: str) -> str | None:
    if column is None:
        return None
    block = emit.below(new, column)
    return None if block is None else block.replace("\n", newline)


def _added(text: str, node: Any, name: str, new: Any, newline: str, *, flow: bool, lines: bool) -> Change:
    last = node.value[-1][1] if node.value else None
    if last is None:
        raise Unspliceable("the test is empty")
    stop = end_of(text, last)
    if flow:
        return stop, stop, f", {name}: {emit.inline(new)}"
    column = node.start_mark.column
    block = _lines(new, column + 2, newline) if lines else None
    told = f" {emit.inline(new)}" if block is None else f"{newline}{' ' * (column + 2)}{block}"
    stop = line_end(text, stop)
    return stop, stop, f"{newline}{' ' * column}{name}:{told}"


def end_of(text: str, node: Any) -> int:
    """Return where a value ends: a block collection ends with its last member."""
    if not isinstance(node, yaml.ScalarNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return end_of(text, last[1] if isinstance(last, tuple) else last)
    stop: int = node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return len(text[:stop].rstrip())
    return stop


def line_end(text: str, index: int) -> int:
    """Return where the line of an index ends, before its line break."""
    found = text.find("\n", index)
    if found < 0:
        return len(text)
    return found - 1 if text[found - 1] == "\r" else found
