"""How far a replay has come, on a terminal and in a log."""

from __future__ import annotations

import io
from itertools import count
from typing import Any

from router.cli.progress import Progress
from router.cli.replay_progress import ReplayProgress


def said(events: int = 0, **more: Any) -> dict[str, Any]:
    expected = {"events": 1000, "deliveries": 1999, "left_out": 1, "destinations": {"app": {"deliveries": 1999}}}
    return {"events": events, "deliveries": 2 * events, "expected": expected} | more


def shown(*steps: dict[str, Any], bar: bool) -> str:
    now = count()
    stream = io.StringIO()
    progress = ReplayProgress(Progress(stream, bar=bar, lines=True, clock=lambda: next(now)))
    for step in steps:
        progress.show(step)
    progress.end()
    return stream.getvalue()


def test_a_terminal_shows_one_line_that_is_written_over() -> None:
    counting = {"events": 0, "deliveries": 0, "counted": 1234}
    out = shown(counting, said(), said(500), said(1000), bar=True)
    assert out.split("\r\x1b[K")[1:] == [
        "counting: 1,234 events",
        "1,000 events fit: 1,999 new deliveries (app 1,999), 1 left out\n",
        "[........................]   0%  0 of 1,000 events, 0 new deliveries",
        "[############............]  50%  500 of 1,000 events, 1,000 new deliveries",
        "[########################] 100%  1,000 of 1,000 events, 2,000 new deliveries",
        "",
    ]


def test_a_log_gets_a_line_for_every_tenth() -> None:
    out = shown({"events": 0, "deliveries": 0, "counted": 5}, *(said(n) for n in range(0, 1001, 50)), bar=False)
    lines = out.splitlines()
    assert lines[0] == "1,000 events fit: 1,999 new deliveries (app 1,999), 1 left out"
    assert lines[1] == " 10%  100 of 1,000 events, 200 new deliveries"
    assert len(lines) == 11


def test_why_it_waits_is_said_once_and_cannot_forge_a_line() -> None:
    out = shown(said(100), said(100, trouble="full\n\x1b[2J"), said(100, trouble="full\n\x1b[2J"), bar=False)
    assert out.splitlines()[1:] == [
        " 10%  100 of 1,000 events, 200 new deliveries",
        " 10%  100 of 1,000 events, 200 new deliveries (waits: full\\n\\x1b[2J)",
    ]


def test_nothing_to_do_is_done() -> None:
    nothing = {"events": 0, "deliveries": 0, "left_out": 0, "destinations": {}}
    out = shown({"events": 0, "deliveries": 0, "expected": nothing}, bar=False)
    assert out.splitlines() == [
        "0 events fit: 0 new deliveries, 0 left out",
        "100%  0 of 0 events, 0 new deliveries",
    ]
