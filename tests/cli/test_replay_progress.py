"""How far a replay has come, on a terminal and in a log."""

from __future__ import annotations

from typing import Any

from router.cli.replay_progress import ReplayProgress


def said(events: int = 0, **more: Any) -> dict[str, Any]:
    expected = {"events": 1000, "deliveries": 1999, "left_out": 1, "destinations": {"app": {"deliveries": 1999}}}
    return {"events": events, "deliveries": 2 * events, "expected": expected} | more


def shown(*steps: dict[str, Any], bar: bool) -> list[str]:
    out: list[str] = []
    progress = ReplayProgress(out.append, bar=bar)
    for step in steps:
        progress.show(step)
    progress.end()
    return out


def test_a_terminal_shows_one_line_that_is_written_over() -> None:
    counting = {"events": 0, "deliveries": 0, "counted": 1234}
    out = shown(counting, said(), said(500), said(1000), bar=True)
    assert out == [
        "\r\x1b[Kcounting: 1,234 events",
        "\r\x1b[K1,000 events fit: 1,999 new deliveries (app 1,999), 1 left out\n",
        "\r\x1b[K[........................]   0%  0 of 1,000 events, 0 new deliveries",
        "\r\x1b[K[############............]  50%  500 of 1,000 events, 1,000 new deliveries",
        "\r\x1b[K[########################] 100%  1,000 of 1,000 events, 2,000 new deliveries",
        "\r\x1b[K",
    ]


def test_a_log_gets_a_line_for_every_tenth() -> None:
    out = shown({"events": 0, "deliveries": 0, "counted": 5}, *(said(n) for n in range(0, 1001, 50)), bar=False)
    assert out[0] == "1,000 events fit: 1,999 new deliveries (app 1,999), 1 left out\n"
    assert out[1] == " 10%  100 of 1,000 events, 200 new deliveries\n"
    assert len(out) == 11


def test_why_it_waits_is_said_once_and_cannot_forge_a_line() -> None:
    out = shown(said(100), said(100, trouble="full\n\x1b[2J"), said(100, trouble="full\n\x1b[2J"), bar=False)
    assert out[1:] == [
        " 10%  100 of 1,000 events, 200 new deliveries\n",
        " 10%  100 of 1,000 events, 200 new deliveries (waits: full\\n\\x1b[2J)\n",
    ]


def test_nothing_to_do_is_done() -> None:
    nothing = {"events": 0, "deliveries": 0, "left_out": 0, "destinations": {}}
    out = shown({"events": 0, "deliveries": 0, "expected": nothing}, bar=False)
    assert out == [
        "0 events fit: 0 new deliveries, 0 left out\n",
        "100%  0 of 0 events, 0 new deliveries\n",
    ]
