"""The settings that a delivery goes by, as values and in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.explaining.settings import in_words, settings
from tests.explaining.senders import rules


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (
            "{slack: {text: hi}}",
            "at most 20 attempts within 1d, 30s each, 8 at once, no rate, breaker at 50% of 20",
        ),
        (
            "{http: {path: /x}, destination: web, retry: {max_attempts: 1, max_age: 1h}, timeout: 5s, fresh: 2d}",
            "at most 1 attempt within 1h, 5s each, 8 at once, 30/m, no breaker, fresh for 2d",
        ),
    ],
)
def test_the_settings_of_the_action_and_of_its_destination_are_told(
    tmp_path: Path, action: str, said: str
) -> None:
    (route,) = rules(tmp_path, f"routes: [{{name: r, actions: [{action}]}}]\n").table.routes
    assert in_words(settings(route.actions[0])) == said


@pytest.mark.parametrize(
    ("interval", "said"), [(0.5, "2/s"), (1.0, "1/s"), (2.0, "30/m"), (90.0, "40/h"), (7200.0, "one in 2h")]
)
def test_a_rate_is_written_in_a_unit_that_makes_at_least_one(interval: float, said: str) -> None:
    plain = {
        "retry": {"max_attempts": 2, "max_age": 60.0},
        "timeout": 1.0,
        "concurrency": 1,
        "interval": interval,
        "breaker": None,
        "fresh": None,
    }
    assert f", {said}, no breaker" in in_words(plain)
