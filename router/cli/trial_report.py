"""What `router test` prints: a line a test, the failures, what no test covers, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from router.cli.output import Paint, safe
from router.cli.trial_failure import came, failing
from router.testing.outcome import Result
from router.testing.snapshot import deliveries_of, told

_ROW = 80  # dots in one line
_CUT = 160  # characters of one action's parameters


class Printer:
    """Prints the results as they come; `style` is `dots`, `lines` or `whole`."""

    def __init__(self, *, color: bool, style: str, write: Callable[[str], None] = print) -> None:
        self.paint = Paint(on=color)
        self._style = style
        self.write = write
        self._file = ""
        self._dots = ""

    def result(self, result: Result) -> None:
        """Show one result."""
        case, passed = result.outcome.case, result.outcome.passed
        if self._style == "dots":
            self._dots += self.paint(".", "green") if passed else self.paint("F", "red", "bold")
            if self._dots.count(".") + self._dots.count("F") >= _ROW:
                self.flush()
            return
        if case.file != self._file:
            self._file = case.file
            self.write(self.paint(safe(case.file), "bold"))
        word = self.paint("passed", "green") if passed else self.paint("FAILED", "red", "bold")
        slow = f"  {self.paint(f'{result.seconds:.2f} s', 'yellow')}" if result.seconds >= 0.1 else ""
        self.write(f"  {word}  {safe(case.name)}{slow}")
        if self._style == "whole":
            self._whole(result)

    def flush(self) -> None:
        """End a line of dots."""
        if self._dots:
            self.write(self._dots)
        self._dots = ""

    def failures(self, results: Sequence[Result]) -> None:
        """Tell why each test failed."""
        self.flush()
        for result in results:
            if not result.outcome.passed:
                self.write("")
                self.write(self.paint(f"FAILED {safe(result.outcome.case.name)}", "red", "bold"))
                for line in failing(result.outcome, self.paint):
                    self.write(f"  {line}")

    def _whole(self, result: Result) -> None:
        outcome = result.outcome
        clean = outcome.case.known.redactor.text
        self.write(f"          {self.paint(came(outcome), 'dim')}")
        if outcome.plan is None or outcome.explanation is None:
            return
        found = deliveries_of(outcome.plan)
        for route in outcome.explanation.routes:
            if route.taken and not any(name.startswith(f"{route.name}/") for name in found):
                self.write(f"          {safe(route.name)}: nothing to do")
        for name, deliveries in found.items():
            said = clean(json.dumps(told(deliveries), ensure_ascii=False))
            said = said if len(said) <= _CUT else f"{said[:_CUT]}…"
            self.write(f"          {safe(name)}  {self.paint(safe(said), 'dim')}")


def failure_text(result: Result) -> str:
    """Return why a test failed, as plain text; nothing for one that passed."""
    return "\n".join(failing(result.outcome, Paint(on=False))) if result.outcome.failures else ""


def summary(results: Sequence[Result], not_run: int, left_out: int, seconds: float, paint: Paint) -> str:
    """Return how it ended, in one line; `left_out` are tests of another name."""
    failed = sum(not result.outcome.passed for result in results)
    passed = len(results) - failed
    parts = [paint(f"{failed} failed", "red", "bold")] if failed else []
    parts += [paint(f"{passed} passed", "green")] if passed or not failed else []
    parts += [paint(f"{not_run} not run", "yellow")] if not_run else []
    parts += [f"{left_out} left out"] if left_out else []
    return f"{', '.join(parts)} in {seconds:.2f} s"


def as_json(result: Result) -> dict[str, Any]:
    """Return a result for scripts; no secret is in it."""
    outcome = result.outcome
    clean = outcome.case.known.redactor.tree
    event, refusal = outcome.specimen.event, outcome.specimen.refusal
    routes = [route.name for route in outcome.explanation.routes if route.taken] if outcome.explanation else []
    actions = deliveries_of(outcome.plan) if outcome.plan else {}
    return {
        "name": outcome.case.name,
        **_place(outcome.case.mark),
        "passed": outcome.passed,
        "seconds": round(result.seconds, 6),
        "event": None if event is None else {"source": event.source, "type": event.type, "id": event.id},
        "verify": {"ok": refusal is None, "status": refusal.status, "reason": clean(refusal.reason)}
        if refusal
        else {"ok": True},
        "routes": routes,
        "actions": {name: clean(told(deliveries)) for name, deliveries in actions.items()},
        "failures": [
            {
                "subject": failure.subject,
                "message": clean(failure.message),
                **_place(failure.mark),
                **{
                    key: clean(value)
                    for key, value in (("expected", failure.expected), ("actual", failure.actual))
                    if repr(value) != "nothing"
                },
                "reasons": [clean(reason.text) for reason in failure.reasons],
            }
            for failure in outcome.failures
        ],
    }


def _place(mark: Any) -> dict[str, Any]:
    return {"file": mark.file, "line": mark.line, "column": mark.column}
