"""What a whole file says of lanes, delays and deaths, with the shipped actions."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from router.model import BreakerPolicy, Death
from tests.language.town import HEAD, NOW, faults, file_faults, happened, load, plan, routes, sent, usable

RESENT = "receivers refuse an old signature, mostly after 5 minutes, and this may be sent later than that"


def test_the_destinations_and_the_journal_of_a_file_have_their_limits() -> None:
    text = HEAD.replace("{type: slack, token", "{type: slack, rate: 1/s, breaker: false, max_pause: 5m, token")
    ruleset = usable(load(text + "journal: {retention: 7d, dead_retention: 30d}\nroutes: []\n"))
    eng, web = ruleset.destinations["eng"], ruleset.destinations["web"]
    assert (eng.interval, eng.breaker, eng.max_pause) == (1.0, None, 300.0)
    assert (web.interval, web.breaker, web.max_pause) == (None, BreakerPolicy(), 3600.0)
    kept = ruleset.document.journal
    assert (kept.retention, kept.dead_retention) == (7 * 86400.0, 30 * 86400.0)


def test_a_trial_that_ends_is_told_a_day_before_in_the_lane_of_its_channel() -> None:
    text = """
- name: trial
  vars: {channel: "#{{ data.team }}"}
  actions:
    - slack: {channel: "{{ channel }}", text: "ends tomorrow"}
      destination: eng
      delay: {until: "{{ data.trial_end }}", minus: 1d}
      lane: "{{ channel }}"
"""
    [made] = plan(text, happened({"team": "sales", "trial_end": "2026-12-01T00:00:00Z"})).deliveries
    assert (str(made.due_at), made.lane) == ("2026-11-30 00:00:00+00:00", "#sales")
    [past] = plan(text, happened({"team": "sales", "trial_end": 1000})).deliveries
    assert (past.due_at, past.state) == (None, "ready")


def test_a_welcome_that_comes_days_late_is_skipped() -> None:
    text = "- name: r\n  actions: [{slack: {text: hi}, destination: slack, fresh: 20m}]\n"
    [made] = plan(text, happened({})).deliveries
    assert made.state == "skipped"
    assert made.reason == "too old: the event was 30m old when it came in, and `fresh` is 20m"
    [made] = plan(text.replace("20m", "31m"), happened({})).deliveries
    assert (made.state, made.fresh_until) == ("ready", NOW + timedelta(seconds=59.75))


@pytest.mark.parametrize(
    ("keys", "place", "other"),
    [
        ("delay: 10s", "4:33", "no `delay`"),
        ("delay: {until: data.end}", "4:33", "no `delay`"),
        ("retry: {max_attempts: 20}", "4:33", "a shorter `retry`"),
    ],
)
def test_an_original_signature_that_may_be_old_when_it_is_sent_is_a_warning(
    keys: str, place: str, other: str
) -> None:
    text = f"- name: r\n  source: clerk\n  actions:\n  - http: {{path: /x, forward: original}}\n    {keys}\n"
    quick = "" if "retry" in keys else "    retry: {max_attempts: 1}\n"
    assert faults(text + quick) == [f"{place} parameters: {RESENT}: use `forward: resign`, or {other}"]
    assert not faults((text + quick).replace("original", "resign"))


def test_a_rate_makes_an_original_signature_old_too() -> None:
    text = routes(
        "- {name: r, source: clerk, actions: [{http: {path: /x, forward: original}, retry: {max_attempts: 1}}]}"
    )
    assert not file_faults(text)
    [said] = file_faults(text.replace("{type: http,", "{type: http, rate: 100/s,"))
    assert said.endswith(f"{RESENT}: use `forward: resign`, or no `rate`")


DEATHS = """
- name: orders
  source: app
  event: order.*
  actions: [{http: {path: /orders}, destination: web}]
  on_dead:
    - slack: {text: "order {{ data.id }}: {{ delivery.reason }}"}
      destination: slack
"""


def test_a_death_is_told_by_the_route_or_by_the_file_wherever_that_stands() -> None:
    Path("alarms.yaml").write_text(
        "on_dead:\n  - slack: {text: '{{ route }}/{{ delivery.action }} is dead'}\n    destination: slack\n"
    )
    ruleset = usable(load("include: alarms.yaml\n" + routes(DEATHS)))
    event = sent(ruleset, "app", happened({"id": 7}, "order.made"))
    death = Death("dlv_1", "orders", "http", "410 Gone", 1)
    [own] = ruleset.on_dead(event, death)
    assert json.loads(own.params) == {"text": "order 7: 410 Gone"}
    [other] = ruleset.on_dead(event, Death("dlv_2", "plain", "http", "410 Gone", 1))
    assert json.loads(other.params) == {"text": "plain/http is dead"}


def test_two_lists_for_the_whole_file_are_one_too_many_and_secrets_stay_out_of_them() -> None:
    Path("alarms.yaml").write_text("on_dead: []\n")
    text = "include: alarms.yaml\n" + routes("[]\n") + "on_dead: []\n"
    assert ["duplicate-key: `on_dead` is given at" in said for said in file_faults(text)] == [True]
    [said] = file_faults(HEAD + "on_dead: [{slack: {text: '${WHO}'}, destination: slack}]\n", {"WHO": "me"})
    assert "reference-in-route" in said


def test_markup_in_a_reason_pings_nobody() -> None:
    ruleset = usable(load(routes(DEATHS)))
    event = sent(ruleset, "app", happened({"id": 7}, "order.made"))
    [made] = ruleset.on_dead(event, Death("dlv_1", "orders", "http", "it said <!channel>", 1))
    assert json.loads(made.params)["text"] == "order 7: it said &lt;!channel&gt;"
