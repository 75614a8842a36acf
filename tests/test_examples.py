"""What actions would send for the samples of their providers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.examples import examples
from router.probed import Example
from tests.language.town import rules

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_action_has_an_example_for_each_sample_that_its_route_takes() -> None:
    ruleset = rules("""
    - name: users
      source: clerk
      event: [user.created, user.deleted]
      actions:
        - slack: {text: "{{ event.type }} {{ data.id }}"}
        - name: created
          event: user.created
          resend: {to: "{{ primary_email }}", subject: Hi, text: "{{ data.nope }}"}
    """)
    found = examples(ruleset, NOW)
    assert set(found) == {("users", "slack")}  # what a template makes dead is no example
    slack = found["users", "slack"]
    assert [one.event for one in slack] == ["clerk/user.created", "clerk/user.deleted"]
    assert slack[0].params["text"].startswith("user.created user_")


def test_of_many_items_a_few_are_enough() -> None:
    ruleset = rules("""
    - name: many
      source: clerk
      event: user.created
      actions:
        - slack: {text: "{{ item }}"}
          for_each: "{{ range(9) }}"
    """)
    assert examples(ruleset, NOW)["many", "slack"] == [
        Example("clerk/user.created", {"text": str(number)}) for number in range(3)
    ]


def test_sources_without_samples_give_none() -> None:
    ruleset = rules("""
    - name: app
      source: app
      actions:
        - slack: {text: x}
    """)
    assert examples(ruleset, NOW) == {}
