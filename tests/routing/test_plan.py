"""The plan: which routes take an event, which deliveries are made, and what fails for itself only."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from router.ids import delivery_id
from router.model import DeliveryState, Event, EventState, Plan
from router.routing.plan import plan
from tests.routing.rules import AT, event, rules


def made(text: str, of: Event) -> list[str]:
    """Return the deliveries as `route/action#index text`."""
    found = []
    for d in plan(rules(text), of).deliveries:
        index = "" if d.index is None else f"#{d.index}"
        found.append(f"{d.route}/{d.action}{index} {json.loads(d.params)['text'] if d.reason is None else 'DEAD'}")
    return found


ONE = """
routes:
  - name: r
    {keys}
    actions:
      - shout: {{text: "{text}"}}
        {more}
"""


def one(keys: str = "", more: str = "", text: str = "hi") -> str:
    return ONE.format(keys=keys, more=more, text=text)


@pytest.mark.parametrize(
    ("keys", "type_", "taken"),
    [
        ("event: user.created", "user.created", True),
        ("event: user.created", "user.Created", False),
        ("event: [a, user.created]", "user.created", True),
        ("event: user.*", "user.created", True),
        ("event: user.*", "user", False),
        ("event: user.*", "user.a/b.c", True),
        ("event: '*.created'", "user.created", True),
        ("event: '*'", "x", True),
        ("event: '*'", "", False),
        ("", "", True),
        ("", "anything", True),
        ("source: app", "x", True),
        ("source: [app, shop]", "x", True),
        ("source: shop", "x", False),
        ("where: {data.x: 1}", "x", True),
        ("where: {data.x: 2}", "x", False),
        ("if: data.x == 1", "x", True),
        ("if: '{{ data.x == 1 }}'", "x", True),
        ("if: data.x > 1", "x", False),
        ("if: false", "x", False),
        ("where: {data.x: 1}\n    if: data.x > 1", "x", False),
        ("enabled: false", "x", False),
        ("where: {event.time: '2026-11-23T12:30:00.250Z', headers.x-a: b}", "x", True),
    ],
)
def test_a_route_takes_what_it_names(keys: str, type_: str, taken: bool) -> None:
    of = event({"x": 1}, type_, headers=(("X-A", "b"),))
    assert made(one(keys), of) == (["r/shout hi"] if taken else [])


def test_every_route_that_takes_an_event_runs_in_file_order() -> None:
    text = """
routes:
  - {name: b, event: '*', actions: [{shout: {text: b}}]}
  - {name: a, event: x, actions: [{shout: {text: a}}]}
  - {name: c, actions: [{shout: {text: c}}, {store: {upsert: t}, destination: s}]}
destinations: {s: {type: store, url: u}}
"""
    found = plan(rules(text), event({}, "x")).deliveries
    assert [(d.route, d.action) for d in found] == [("b", "shout"), ("a", "shout"), ("c", "shout"), ("c", "store")]


ELSE = """
routes:
  - name: r
    event: x
    where: {data.x: 1}
    if: data.y
    actions: [{name: yes, shout: {text: 'yes'}}]
    else: [{name: no, shout: {text: 'no'}}]
  - {name: rest, fallback: true, actions: [{shout: {text: rest}}]}
"""


@pytest.mark.parametrize(
    ("data", "type_", "found"),
    [
        ({"x": 1, "y": True}, "x", ["r/yes yes"]),
        ({"x": 2}, "x", ["r/no no"]),
        ({"x": 1, "y": False}, "x", ["r/no no"]),
        ({"x": 1}, "x", ["r/yes DEAD"]),
        ({"x": 1, "y": True}, "z", ["rest/shout rest"]),
    ],
)
def test_else_runs_for_what_fails_and_nothing_runs_when_if_cannot_be_said(
    data: Any, type_: str, found: Any
) -> None:
    assert made(ELSE, event(data, type_)) == found


def test_an_if_that_fails_says_where_and_why() -> None:
    (dead,) = plan(rules(ELSE), event({"x": 1}, "x")).deliveries
    assert dead.reason == "routes.yaml:6: `if`: `data.y` is missing: `data` has no `y`"


FALLBACK = """
routes:
  - {name: rest, fallback: true, actions: [{shout: {text: rest}}]}
  - {name: also, fallback: true, event: y, actions: [{shout: {text: also}}]}
  - {name: off, enabled: false, actions: [{shout: {text: 'off'}}]}
  - {name: shop, source: shop, actions: [{shout: {text: shop}}]}
  - {name: r, event: x, actions: [{shout: {text: hi}, if: data.go}]}
"""


def test_fallbacks_run_when_nothing_else_took_the_event() -> None:
    assert made(FALLBACK, event({}, "y")) == ["rest/shout rest", "also/shout also"]
    assert made(FALLBACK, event({}, "")) == ["rest/shout rest"]
    assert made(FALLBACK, event({"go": True}, "x")) == ["r/shout hi"]
    assert made(FALLBACK, event({}, "y", "shop")) == ["shop/shout shop"]


def test_a_route_whose_actions_do_not_apply_took_the_event_all_the_same() -> None:
    found = plan(rules(FALLBACK), event({"go": False}, "x"))
    assert (found.state, found.deliveries) == (EventState.UNMATCHED, ())
    assert found.reason == "nothing to do: `r/shout`: `if` is false"


def test_an_event_that_nobody_takes_says_so() -> None:
    found = plan(rules(one("event: a")), event({}, "b"))
    assert (found.state, found.reason) == (EventState.UNMATCHED, "no route took it")
    found = plan(rules(one("enabled: false")), event({}, "b"))
    assert found.reason == "no route took it; switched off: `r`"


def test_an_action_can_narrow_the_events() -> None:
    text = """
routes:
  - name: r
    event: user.*
    actions:
      - {name: save, event: [user.created, user.updated], shout: {text: save}}
      - {name: remove, event: user.deleted, shout: {text: remove}}
"""
    assert made(text, event({}, "user.updated")) == ["r/save save"]
    assert made(text, event({}, "user.deleted")) == ["r/remove remove"]
    assert plan(rules(text), event({}, "user.x")).state == EventState.UNMATCHED


def test_one_template_that_fails_kills_its_own_delivery_only() -> None:
    text = """
routes:
  - name: r
    actions:
      - {name: a, shout: {text: "{{ data.nope }}"}}
      - {name: b, shout: {text: "hi"}}
  - {name: q, actions: [{shout: {text: hey}}]}
"""
    found = plan(rules(text), event({}))
    assert found.state == EventState.PLANNED
    assert made(text, event({})) == ["r/a DEAD", "r/b hi", "q/shout hey"]
    assert found.deliveries[0].state == DeliveryState.DEAD


def test_for_each_makes_one_delivery_an_item_with_its_index_in_the_id() -> None:
    text = one(more="for_each: data.items", text="{{ index }}:{{ item.n }}")
    found = plan(rules(text), event({"items": [{"n": "a"}, {}, {"n": "c"}]})).deliveries
    assert [d.index for d in found] == [0, 1, 2]
    assert [d.state for d in found] == ["ready", "dead", "ready"]
    assert found[2].id == delivery_id("evt_1", "r", "shout", 2)
    assert json.loads(found[2].params) == {"text": "2:c"}


def test_for_each_over_nothing_makes_nothing() -> None:
    found = plan(rules(one(more="for_each: data.items")), event({"items": []}))
    assert found.reason == "nothing to do: `r/shout`: `for_each` has no items"


@pytest.mark.parametrize("items", [None, "abc", {"a": 1}, 5, True])
def test_for_each_over_no_list_is_dead(items: Any) -> None:
    (dead,) = plan(rules(one(more="for_each: data.items")), event({"items": items})).deliveries
    assert "`for_each` needs a list" in (dead.reason or "")
    assert dead.index is None


def test_for_each_over_too_many_items_is_one_dead_delivery() -> None:
    text = one(more="for_each: data.items")
    assert len(plan(rules(text), event({"items": [0] * 1000})).deliveries) == 1000
    (dead,) = plan(rules(text), event({"items": [0] * 1001})).deliveries
    assert "more than 1,000 items" in (dead.reason or "")


def test_the_if_of_an_action_may_look_at_the_item() -> None:
    text = one(more="for_each: data.items\n        if: item > 1", text="{{ item }}")
    assert made(text, event({"items": [1, 2, 3]})) == ["r/shout#1 2", "r/shout#2 3"]
    assert made(text, event({"items": ["a", 2]})) == ["r/shout#0 DEAD", "r/shout#1 2"]


def test_an_if_without_the_item_is_asked_before_the_items() -> None:
    text = one(more="for_each: data.items\n        if: data.go")
    assert made(text, event({"go": False})) == []


def test_more_than_a_thousand_deliveries_are_kept_as_a_plan_that_failed() -> None:
    each = "{shout: {text: a}, name: %s, for_each: data.items}"
    text = f"routes: [{{name: r, actions: [{each % 'a'}, {each % 'b'}]}}]"
    found = plan(rules(text), event({"items": [0] * 501}))
    assert (found.state, found.deliveries) == (EventState.PLAN_FAILED, ())
    assert found.reason == "planning failed: more than 1,000 deliveries for one event"


def test_all_deliveries_of_an_event_share_their_loop_steps() -> None:
    text = one(more="for_each: data.items", text="{% for a in range(9000) %}{% endfor %}")
    states = [d.state for d in plan(rules(text), event({"items": [0] * 40})).deliveries]
    assert states[0] == "ready"
    assert states[-1] == "dead"


def test_a_bug_while_planning_keeps_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("oh")

    table = rules(one())
    monkeypatch.setattr("router.routing.plan.judge", broken)
    found = plan(table, event({}))
    assert (found.state, found.reason) == (EventState.PLAN_FAILED, "planning failed: ZeroDivisionError: oh")


def test_ids_times_and_versions_are_those_of_the_cause() -> None:
    text = """
destinations: {s: {type: store, url: u, retry: {max_attempts: 5, max_age: 1h}}}
routes:
  - name: r
    actions:
      - {store: {upsert: t}}
      - {name: b, store: {upsert: t}, retry: {max_age: 2h}}
"""
    text = text.replace("{store:", "{name: a, store:", 1)
    first, second = plan(rules(text), event({})).deliveries
    assert (first.plugin, first.plugin_version, first.destination) == ("store", "1.2", "s")
    assert (first.max_attempts, first.expires_at) == (5, AT + timedelta(hours=1))
    assert (second.max_attempts, second.expires_at) == (5, AT + timedelta(hours=2))


def test_a_replay_has_ids_of_its_own_and_can_leave_deliveries_out() -> None:
    text = "routes: [{name: r, actions: [{name: a, shout: {text: a}}, {name: b, shout: {text: '{{ data.x }}'}}]}]"
    found = plan(rules(text), event({}), replay="rpl_1", only=lambda route, action: (route, action) == ("r", "a"))
    assert [d.id for d in found.deliveries] == [delivery_id("evt_1", "r", "a", None, "rpl_1")]
    nothing = plan(rules(text), event({}), replay="rpl_1", only=lambda route, action: False)
    assert nothing.state == EventState.UNMATCHED


def test_the_same_event_gives_the_same_plan() -> None:
    text = one(more="for_each: data.items", text="{{ item }}{{ event.time }}")
    first, second = (plan(rules(text), event({"items": [1, 2]})) for _ in range(2))
    assert isinstance(first, Plan)
    assert first == second


def test_the_event_is_not_changed() -> None:
    data = {"items": [{"n": 1}]}
    made(
        one(more="for_each: data.items | sort(attribute='n')", text="{{ data.items | reverse | list | length }}"),
        event(data),
    )
    assert data == {"items": [{"n": 1}]}


@pytest.mark.parametrize(
    "data", [None, [], "text", 5, {"items": "x"}, {"x": "\ud800"}, {"x": {"y": {"x": 2**70}}}]
)
def test_no_payload_makes_planning_fail(data: Any) -> None:
    text = """
vars: {c: {a: 1}}
routes:
  - name: a
    where: {data.x.y: 1}
    actions: [{name: a, shout: {text: "{{ data.x }}"}}]
    else: [{name: b, shout: {json: "{{ data }}"}}]
  - name: b
    if: data.items
    vars: {v: "{{ data.x.y | upper }}"}
    actions: [{shout: {html: "{{ v }}"}, for_each: data.items}]
"""
    found = plan(rules(text), event(data, headers=(("a", "\udcff"),)))
    assert found.state in (EventState.PLANNED, EventState.UNMATCHED)
