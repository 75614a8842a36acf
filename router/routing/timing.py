"""When a delivery is due, until when it is worth sending, and in which lane: `delay`, `fresh` and `lane`."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from jinja2 import Undefined

from router.config.fields import Fields, kind_of
from router.config.node import Mapping, Node, Scalar
from router.config.problem import Problems
from router.config.units import span
from router.model import Event
from router.plugin import TEXT
from router.routing import text_filters
from router.routing.lane_name import lane_name
from router.routing.template import Template, compile_expression, compile_text, is_template
from router.routing.values import OMIT, ValueFault, called, to_text

FURTHEST = timedelta(days=3650)
"""How far from its event a delivery may be due: what is later is a mistake of units."""


@dataclass(frozen=True, slots=True)
class Delay:
    """So many seconds after the event came in; with `until`, after the time it names (before: negative)."""

    seconds: float
    until: Template | None = None

    def due_at(self, event: Event, names: dict[str, Any]) -> datetime | None:
        """Return when a delivery is due, None for at once; raises RenderError with place and reason."""
        if self.until is None:
            return event.received_at + timedelta(seconds=self.seconds)
        try:
            return _due(_moment(self.until.bare(names)), self.seconds, event.received_at)
        except Exception as error:
            raise self.until.failed(error, names, "`delay.until`") from error


@dataclass(frozen=True, slots=True)
class Timing:
    """When and in which lane an action's deliveries start; `fresh` is in seconds."""

    delay: Delay | None = None
    fresh: float | None = None
    lane: Template | str = ""

    @property
    def longest(self) -> float:
        """For how many seconds the delay holds a delivery back; infinite where the event decides."""
        if self.delay is None:
            return 0.0
        return self.delay.seconds if self.delay.until is None else math.inf

    @property
    def templates(self) -> Iterator[Template]:
        """Every template of the timing."""
        if self.delay is not None and self.delay.until is not None:
            yield self.delay.until
        if isinstance(self.lane, Template):
            yield self.lane

    def fresh_until(self, event: Event) -> datetime | None:
        """Return after when a delivery is too old to be sent; None where it never is."""
        return None if self.fresh is None else _later(event.time, self.fresh)

    def too_old(self, event: Event) -> str | None:
        """Say that the event was too old already when it came in; None where it was not."""
        until = self.fresh_until(event)
        if self.fresh is None or until is None or event.received_at <= until:
            return None
        age = (event.received_at - event.time).total_seconds()
        return f"too old: the event was {span(age)} old when it came in, and `fresh` is {span(self.fresh)}"

    def lane_of(self, names: dict[str, Any]) -> str:
        """Return the lane of a delivery; raises RenderError with place and reason."""
        if isinstance(self.lane, str):
            return self.lane
        found = self.lane.value(names, "`lane`")
        return lane_name(found) if isinstance(found, str) else ""  # `omit` is the whole lane, as null is


def compile_timing(
    fields: Fields, known: Collection[str], problems: Problems, *, lane_only: bool = False
) -> Timing:
    """Compile `delay`, `fresh` and `lane` of an action; faults are noted. With `lane_only` it has no others."""
    if lane_only:
        return Timing(lane=_lane(fields, known, problems))
    delay = _delay(fields, known, problems)
    fresh = _fresh(fields, problems)
    if delay is not None and delay.until is None and fresh is not None and delay.seconds >= fresh:
        node = fields.node.get("delay") or fields.node
        message = f"this is always too old when it starts: `fresh` is {span(fresh)}, counted from the event's time"
        problems.warning("never", node, message, "let `delay` be shorter than `fresh`")
    return Timing(delay, fresh, _lane(fields, known, problems))


def _delay(fields: Fields, known: Collection[str], problems: Problems) -> Delay | None:
    node = fields.get("delay")
    if node is None:
        return None
    if isinstance(node, Mapping):
        return _until(node, known, problems)
    if _constant(node, "delay", problems, 'for a time of the event write {until: "{{ data.trial_end }}"}'):
        seconds = fields.duration("delay", default=0.0, above_zero=True)
        return Delay(seconds) if seconds else None
    return None


def _until(node: Mapping, known: Collection[str], problems: Problems) -> Delay | None:
    fields = Fields(node, problems, "`delay`")
    until = fields.get("until", required=True)
    minus = fields.duration("minus", default=0.0, above_zero=True)
    plus = fields.duration("plus", default=0.0, above_zero=True)
    key = fields.node.key("plus")
    if key is not None and fields.node.get("minus") is not None:
        problems.error("wrong-value", key, "`minus` and `plus` cannot stand together: one of them is enough")
    fields.finish()
    if until is None:
        return None
    if not isinstance(until, Scalar) or until.value is None or isinstance(until.value, bool):
        problems.error("wrong-type", until, f"`until` must be an expression of a time, not {kind_of(until)}")
        return None
    template = compile_expression(_written(until), known, problems)
    return Delay(plus - minus, template) if template is not None else None


def _written(node: Scalar) -> Scalar:
    """Return the node as an expression: a time that is written out stands without quotes."""
    text = str(node.value).strip()
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return node if isinstance(node.value, str) else Scalar(text, node.mark, node.text, node.plain)
    return Scalar(f"'{text}'", node.mark, node.text, node.plain)


def _fresh(fields: Fields, problems: Problems) -> float | None:
    node = fields.get("fresh")
    if node is None or not _constant(node, "fresh", problems):
        return None
    return fields.duration("fresh", default=0.0, above_zero=True) or None


def _constant(node: Node, key: str, problems: Problems, hint: str | None = None) -> bool:
    if isinstance(node, Scalar) and is_template(node.value):
        problems.error("constant", node, f"`{key}` is a duration: a template cannot stand here", hint)
        return False
    return True


def _lane(fields: Fields, known: Collection[str], problems: Problems) -> Template | str:
    node = fields.get("lane")
    if node is None:
        return ""
    if not isinstance(node, Scalar):
        fields.wrong(node, "lane", "a text")
        return ""
    if is_template(node.value):
        return compile_text(node, TEXT, known, problems) or ""
    message = "this `lane` is the same for every event, so it splits nothing"
    problems.warning("constant-lane", node, message, 'put a value of the event into it: lane: "{{ data.id }}"')
    return lane_name(to_text(node.value))


def _moment(value: Any) -> datetime:
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is missing
    if isinstance(value, bool) or not isinstance(value, int | float | str | datetime):
        kind = "`omit`" if value is OMIT else "a date" if isinstance(value, date) else called(value)
        raise ValueFault(f"it needs a time, not {kind}")
    return text_filters.to_datetime(value)


def _due(base: datetime, seconds: float, since: datetime) -> datetime | None:
    due = _later(base, seconds)
    if due is None and seconds < 0:
        return None  # before all calendars is past
    if due is None or due - since > FURTHEST:
        raise ValueFault(f"the time is more than {FURTHEST.days} days after the event came in")
    return due.astimezone(UTC) if due > since else None


def _later(moment: datetime, seconds: float) -> datetime | None:
    """Return the time so much later (earlier: negative); None where no calendar reaches that far."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None
