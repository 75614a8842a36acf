"""Tells why a test failed: each thing that is not as expected, with its place, the difference and the reasons."""

from __future__ import annotations

from collections.abc import Iterator

from router.cli.output import Paint, safe, when
from router.cli.value_diff import differing
from router.comparison.difference import MISSING
from router.testing.emit import below
from router.testing.outcome import Failure, Outcome


def failing(outcome: Outcome, paint: Paint) -> Iterator[str]:
    """Yield the lines; no secret is in them."""
    yield f"{paint('event', 'dim')}  {came(outcome).partition(': ')[0]}"
    for failure in outcome.failures:
        yield from _failure(failure, outcome, paint)


def came(outcome: Outcome) -> str:
    """Say what came in, and how its verification ended."""
    request, event, refusal = outcome.specimen.request, outcome.specimen.event, outcome.specimen.refusal
    at = when(request.received_at)
    if event is None:
        reason = f"{refusal.status}, {refusal.reason}" if refusal else ""
        return safe(f"a request to {request.source} at {at}, refused: {reason}")
    name = outcome.case.given.source.scheme.name
    verified = "not verified (verify: none)" if name == "none" else f"verified ({name})"
    return safe(f"{event.source}/{event.type or '(no type)'} {event.id} at {at}, {verified}")


def _failure(failure: Failure, outcome: Outcome, paint: Paint) -> Iterator[str]:
    clean = outcome.case.known.redactor.tree
    said = clean(failure.message)
    yield f"{paint(str(failure.mark), 'dim')}  {paint(safe(failure.subject), 'bold')}: {safe(said)}"
    if failure.subject == "expect" and failure.edit is not None:
        yield from (f"  {line}" for line in (below(clean(failure.edit.value), 0) or "").split("\n"))
    told = [value for value in (failure.expected, failure.actual) if value is not MISSING]
    if len(told) == 2:
        pair = (clean(failure.expected), clean(failure.actual))
        yield from (f"  {line}" for line in differing(*pair, paint))
    elif failure.actual is not MISSING:
        yield from (f"  {line}" for line in list(differing(None, clean(failure.actual), paint))[-1:])
    elif failure.expected is not MISSING:
        yield f"  {next(differing(clean(failure.expected), None, paint))}"
    for reason in failure.reasons:
        place = f"  {paint(f'({reason.place})', 'dim')}" if reason.place is not None else ""
        yield f"  {safe(clean(reason.text))}{place}"
