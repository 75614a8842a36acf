"""Explain: every route's verdict in words, on the way that the plan takes."""

from __future__ import annotations

import pytest

from router.routing.explain import explain
from router.routing.plan import plan
from tests.routing.rules import event, rules

TEXT = """
routes:
  - {name: created, event: user.created, actions: [{shout: {text: a}}]}
  - {name: shop, source: [shop, clerk], actions: [{shout: {text: a}}]}
  - {name: where, where: {data.x: 2}, actions: [{shout: {text: a}}]}
  - {name: if, if: data.x > 5, actions: [{shout: {text: a}}]}
  - {name: off, enabled: false, actions: [{shout: {text: a}}]}
  - {name: off-besides, enabled: false, event: b, actions: [{shout: {text: a}}]}
  - {name: rest, fallback: true, actions: [{shout: {text: a}}]}
  - {name: else, where: {data.x: 2}, actions: [{name: a, shout: {text: a}}], else: [{name: b, shout: {text: b}}]}
  - name: taken
    actions:
      - {name: a, shout: {text: "{{ data.x }}"}}
      - {name: b, shout: {text: a}, if: data.x > 5}
      - {name: c, shout: {text: a}, event: user.created}
      - {name: d, shout: {text: "{{ data.y }}"}}
"""


def test_every_route_says_why_and_in_file_order() -> None:
    found = explain(rules(TEXT), event({"x": 1}, "user.updated")).routes
    assert [(v.name, v.taken, v.reason) for v in found if v.name not in ("where", "else")] == [
        ("created", False, "event is `user.updated`, the route wants `user.created`"),
        ("shop", False, "the event is from `app`, the route takes `clerk` or `shop`"),
        ("if", False, "`if` is false"),
        ("off", False, "switched off; it would have taken the event"),
        ("off-besides", False, "switched off; besides: event is `user.updated`, the route wants `b`"),
        ("rest", False, "fallback: another route took it (`else`)"),
        ("taken", True, "taken"),
    ]
    by_name = {v.name: v for v in found}
    assert by_name["where"].reason.startswith("where: ")
    assert by_name["where"].where is not None
    assert not by_name["where"].where.held
    assert by_name["else"].taken
    assert by_name["else"].reason.startswith("`else`, because where: ")


def test_every_action_says_what_would_be_sent_or_why_not() -> None:
    taken = explain(rules(TEXT), event({"x": 1}, "user.updated")).routes[-1]
    assert [(a.name, a.made, a.reason) for a in taken.actions] == [
        ("a", True, "made"),
        ("b", False, "`if` is false"),
        ("c", False, "event is `user.updated`, the action wants `user.created`"),
        ("d", True, "made"),
    ]
    assert taken.actions[0].deliveries[0].params == b'{"text":"1"}'
    assert "`data.y` is missing" in (taken.actions[3].deliveries[0].reason or "")


def test_it_tells_the_very_deliveries_that_the_plan_makes() -> None:
    table = rules(TEXT)
    for type_ in ("user.created", "b", ""):
        of = event({"x": 7}, type_)
        told = [d for v in explain(table, of).routes for a in v.actions for d in a.deliveries]
        assert tuple(told) == plan(table, of).deliveries


def test_a_plan_that_is_too_large_is_told() -> None:
    each = "{shout: {text: a}, name: %s, for_each: data.items}"
    text = f"routes: [{{name: r, actions: [{each % 'a'}, {each % 'b'}]}}]"
    found = explain(rules(text), event({"items": [0] * 501}))
    assert (found.routes, found.reason) == ((), "more than 1,000 deliveries for one event")


def test_those_that_want_other_events_can_be_left_out_but_for_those_that_are_named() -> None:
    found = explain(rules(TEXT), event({"x": 1}, "user.updated"), {"created", "nobody"})
    assert [verdict.name for verdict in found.routes] == [
        *("created", "where", "if", "off", "rest", "else", "taken"),
    ]
    whole = {verdict.name: verdict for verdict in explain(rules(TEXT), event({"x": 1}, "user.updated")).routes}
    assert all(verdict == whole[verdict.name] for verdict in found.routes)


def test_what_fails_the_plan_as_a_whole_fails_here_for_the_same_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("router.routing.plan.judge", broken)
    table, came = rules(TEXT), event({"x": 1})
    assert explain(table, came).reason == "RuntimeError: a fault of ours"
    assert plan(table, came).reason == "planning failed: RuntimeError: a fault of ours"
