"""What `router diff` prints for people: counts, and by route what differs, with examples."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from router.cli.diff_walk import Walk
from router.cli.output import Paint, safe
from router.comparison.change import Kind
from router.comparison.difference import MISSING, Difference
from router.comparison.settings import Setting
from router.comparison.tally import Example, Failure, Group

_STYLES = {Kind.NEW: "green", Kind.GONE: "red", Kind.DIFFERENT: "yellow", Kind.RENAMED: "cyan"}
_SIDES = {"today": "today's file", "new": "the new file", "both": "both files"}
_WIDTH = 160  # characters of a line that is shown
_LINES = 12  # of one difference
_FIELDS = 12  # of a delivery that is new or gone


class Report:
    """Prints it line by line; `write` takes secrets out."""

    def __init__(self, write: Callable[[str], None], paint: Paint) -> None:
        self._write = write
        self._paint = paint

    def show(self, walk: Walk, found: Sequence[Setting], before: Path, after: Path, *, stopped: bool) -> None:
        """Print everything."""
        tally = walk.tally
        of = f" of {walk.expected:,}" if stopped and walk.expected is not None else ""
        what = walk.what.removesuffix("s") if tally.events == 1 and not of else walk.what
        title = f"{tally.events:,}{of} {what}: {safe(before)} -> {safe(after)}"
        self._write(self._paint(title, "bold"))
        if stopped:
            self._write("stopped: this is what was found so far")
        if not tally.events:
            hint = (
                "" if walk.what == "samples" else "; another period: --since 30d, or without a journal: --samples"
            )
            self._write(f"no event fits{hint}")
        else:
            kinds = [f"{tally.total(kind):,} {kind.value}" for kind in Kind if tally.total(kind)]
            self._write(f"deliveries: {', '.join([f'{tally.same:,} as before', *kinds])}")
        self._settings(found)
        for route, groups in groupby(tally.groups, key=lambda group: group.route):
            self._write("")
            self._write(f"route {self._paint(safe(route), 'bold')}")
            for group in groups:
                self._group(group)
        self._failures(tally.failures)
        self._write("")
        if tally.differs:
            self._write(f"{tally.changed:,} of {tally.events:,} events would be treated differently")
        elif found:
            self._write("the same deliveries; only the settings above differ")
        else:
            self._write("nothing differs")
        if walk.seconds >= 1:
            self._write(f"({tally.events / walk.seconds:,.0f} events a second)")

    def _settings(self, found: Sequence[Setting]) -> None:
        for of, settings in groupby(found, key=lambda setting: setting.of):
            if of in ("route", "destination", "source"):
                for setting in settings:
                    self._there(of, setting.difference)
                continue
            self._write("")
            self._write(f"{safe(of)}")
            for setting in settings:
                self._difference(setting.difference, "  ")

    def _there(self, of: str, difference: Difference) -> None:
        if isinstance(difference.after, bool):
            said = self._paint("switched on" if difference.after else "switched off", "yellow")
            self._write(f"{of} {safe(difference.path)}: {said} in the new file")
            return
        new = difference.before is MISSING
        said = self._paint("only in the new file", "green") if new else self._paint("not in the new file", "red")
        self._write(f"{of} {safe(difference.path)}: {said}")

    def _group(self, group: Group) -> None:
        said = self._paint(f"{group.count:,} {group.kind.value}", _STYLES[group.kind])
        if group.to is not None:
            self._write(f"  {safe(group.action)}: {said} to {safe('/'.join(group.to))}, with the same effect")
            return
        fields = ", ".join(f"{safe(name)} {count:,}" for name, count in group.fields.items())
        self._write(f"  {safe(group.action)}: {said}" + (f" ({fields})" if fields else ""))
        for example in group.examples:
            self._example(example, "today" if group.kind is Kind.NEW else "new file")

    def _example(self, example: Example, side: str) -> None:
        subject = example.subject
        item = "" if example.index is None else f", item {example.index}"
        name = f"{subject.source}/{subject.type}"
        title = safe(name) if subject.uid == name else f"{safe(subject.uid)} {safe(name)} {safe(subject.id)}"
        self._write(f"    {self._paint(title + item, 'bold')}")
        if example.why:
            self._write(f"      {side}: {_cut(example.why)}")
        if example.state:
            self._write(f"      {_cut(example.state)}")
        for difference in example.differences:
            self._difference(difference, "      ")
        for difference in example.sent[:_FIELDS]:
            self._difference(difference, "      ")
        if len(example.sent) > _FIELDS:
            self._write(f"      and {len(example.sent) - _FIELDS} more")

    def _difference(self, difference: Difference, indent: str) -> None:
        before, after = difference.before, difference.after
        path = safe(difference.path)
        if before == after == "***":
            self._write(f"{indent}{path}: another value")
        elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
            self._write(f"{indent}{path}:")
            for line in _lines(before, after):
                self._signed(line[0], line[1:], indent + "  ")
        else:
            for sign, value in (("-", before), ("+", after)):
                if value is not MISSING:
                    self._signed(sign, f" {path}: {_shown(value)}", indent)

    def _signed(self, sign: str, text: str, indent: str) -> None:
        style = {"-": ("red",), "+": ("green",)}.get(sign, ())
        self._write(indent + self._paint(_cut(sign + text), *style))

    def _failures(self, failures: Sequence[Failure]) -> None:
        if failures:
            self._write("")
        for failure in failures:
            side = _SIDES[failure.side]
            said = f"{failure.count:,} {'event fails' if failure.count == 1 else 'events fail'}"
            self._write(f"{said} with {self._paint(side, 'red')}: {_cut(failure.reason)}")
            if failure.examples:
                ids = ", ".join(safe(subject.uid) for subject in failure.examples)
                self._write(f"  such as {ids}")


def _lines(before: str, after: str) -> Iterator[str]:
    """Yield the lines of a unified difference, without its head, cut to a few."""
    found = [
        line
        for line in difflib.unified_diff(before.split("\n"), after.split("\n"), n=1, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    yield from found[:_LINES]
    if len(found) > _LINES:
        yield f" ... {len(found) - _LINES} more lines"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value if value == value.strip() and value else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    text = safe(text)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
