"""`on_dead`: what is done about a delivery that dies, once for each death."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from router.model import Death, DeliveryState, Event, PlannedDelivery, Priority
from router.routing.deaths import on_dead
from router.routing.plan import plan
from router.routing.table import ActionPolicy
from tests.routing.rules import AT, event, faults, rules

TEXT = """
vars: {team: ops, who: file}
on_dead:
  - shout: {text: "{{ team }}: {{ route }}/{{ delivery.action }} is dead: {{ delivery.reason }}"}
    retry: {max_attempts: 3, max_age: 2h}
    timeout: 5s
routes:
  - name: own
    source: app
    vars: {who: "{{ data.who }}"}
    actions: [{shout: {text: hi}}]
    on_dead:
      - {name: page, shout: {text: "{{ who }} {{ delivery.id }} {{ delivery.attempts }}"}, lane: "{{ data.who }}"}
      - {name: late, shout: {text: "after {{ delivery.attempts }}"}, if: delivery.attempts > 3}
  - {name: quiet, actions: [{shout: {text: hi}}], on_dead: []}
  - {name: plain, vars: {team: mine}, actions: [{shout: {text: hi}}]}
"""
TABLE = rules(TEXT)
DEATH = Death("dlv_1", "plain", "shout", "404 Not Found", 2, lease=5)


def told(death: Death = DEATH, of: Event | None = None) -> tuple[PlannedDelivery, ...]:
    return on_dead(TABLE, of or event({"who": "Ada"}), death)


def texts(death: Death = DEATH, of: Event | None = None) -> dict[str, Any]:
    return {d.action: json.loads(d.params)["text"] for d in told(death, of)}


def test_a_death_is_told_as_the_file_says() -> None:
    (made,) = told()
    assert json.loads(made.params) == {"text": "ops: plain/shout is dead: 404 Not Found"}
    assert (made.route, made.action, made.plugin, made.destination) == ("plain", "on_dead/shout", "shout", "shout")
    assert (made.state, made.max_attempts, made.priority) == (DeliveryState.READY, 3, Priority.FIRST)
    assert (made.tells, made.due_at, made.fresh_until, made.index) == (False, None, None, None)


def test_a_route_with_its_own_list_tells_by_that_alone_and_an_empty_one_tells_nobody() -> None:
    assert texts(replace(DEATH, route="own")) == {"on_dead/page": "Ada dlv_1 2"}
    assert told(replace(DEATH, route="own"))[0].lane == "Ada"
    assert texts(replace(DEATH, route="own", attempts=4)) == {
        "on_dead/page": "Ada dlv_1 4",
        "on_dead/late": "after 4",
    }
    assert told(replace(DEATH, route="quiet")) == ()


def test_a_route_or_a_source_that_has_gone_leaves_the_list_of_the_file() -> None:
    assert texts(replace(DEATH, route="gone")) == {"on_dead/shout": "ops: gone/shout is dead: 404 Not Found"}
    gone = texts(replace(DEATH, route="own"), event({"who": "Ada"}, source="gone"))
    assert gone == {"on_dead/shout": "ops: own/shout is dead: 404 Not Found"}


def test_its_times_count_from_the_receipt_of_the_event_as_those_of_a_plan() -> None:
    assert told()[0].expires_at == AT + timedelta(hours=2)


def test_one_death_has_one_id_and_another_death_of_the_same_delivery_another() -> None:
    ids = [
        told(death)[0].id
        for death in (
            DEATH,
            replace(DEATH, reason="other words"),
            replace(DEATH, lease=6),
            replace(DEATH, id="dlv_1-0"),
            replace(DEATH, route="gone"),
        )
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


def test_a_template_that_fails_makes_a_dead_delivery_that_nobody_is_told_of() -> None:
    (made,) = told(replace(DEATH, route="own"), event({}))
    assert (made.state, made.params, made.tells) == (DeliveryState.DEAD, b"null", False)
    assert "`data.who` is missing" in (made.reason or "")
    table = rules("on_dead: [{shout: {text: x}, if: data.x > 1}]\nroutes: []\n")
    (made,) = on_dead(table, event({}), DEATH)
    assert (made.state, made.tells) == (DeliveryState.DEAD, False)
    assert "`if`: `data.x` is missing" in (made.reason or "")


def test_without_a_list_nothing_is_told_and_an_event_alone_makes_nothing_of_it() -> None:
    assert on_dead(rules("routes: [{name: plain, actions: [{shout: {text: a}}]}]\n"), event({}), DEATH) == ()
    assert [d.action for d in plan(TABLE, event({"who": "Ada"})).deliveries] == ["shout"] * 3


@pytest.mark.parametrize(
    ("route", "action", "found"),
    [
        ("plain", "on_dead/shout", (3, 5.0)),
        ("gone", "on_dead/shout", (3, 5.0)),
        ("own", "on_dead/page", (20, 30.0)),
        ("own", "on_dead/shout", None),
        ("quiet", "on_dead/shout", None),
        ("plain", "on_dead/gone", None),
    ],
)
def test_what_is_told_is_retried_as_its_action_says(route: str, action: str, found: Any) -> None:
    policy = TABLE.policy(route, action)
    assert policy is None if found is None else policy is not None
    if policy is not None:
        assert (policy.retry.max_attempts, policy.timeout) == found
        assert isinstance(policy, ActionPolicy)


def of_file(on_dead_: str) -> list[str]:
    return faults(f"routes: []\non_dead:\n  - {on_dead_}\n")


def of_route(on_dead_: str) -> list[str]:
    return faults(f"routes:\n- name: r\n  actions: [{{shout: {{}}}}]\n  on_dead:\n  - {on_dead_}\n")


@pytest.mark.parametrize(
    ("action", "found"),
    [
        (
            "{shout: {text: a}, delay: 1h}",
            "24 unknown-key: an action of {} has no key `delay` (what `on_dead` does",
        ),
        (
            "{shout: {text: a}, fresh: 1h}",
            "24 unknown-key: an action of {} has no key `fresh` (what `on_dead` does",
        ),
        (
            "{shout: {text: a}, event: x}",
            "24 unknown-key: an action of {} has no key `event` (what `on_dead` does",
        ),
        ("{shout: {text: a}, for_each: '{{ data }}'}", "24 unknown-key: an action of {} has no key `for_each`"),
        (
            "{shout: {text: a}, tiemout: 1s}",
            "24 unknown-key: an action of {} has no key `tiemout` (did you mean `ti",
        ),
        ("{shout: {text: '{{ item }}'}}", "24 unknown-name: `item` is not defined here"),
        (
            "{shout: {text: '{{ delivery.reson }}'}}",
            "24 unknown-name: `delivery` has no `reson` (did you mean `reas",
        ),
        ("{shout: {text: a}, if: delivery.state}", "28 unknown-name: `delivery` has no `state` (known: "),
        ("{shout: {text: '{{ full_name }}'}}", "24 unknown-name: `full_name` is a var of the source `clerk` only"),
        ("{shot: {text: a}}", "6 unknown-action: there is no action `shot`"),
        ("{store: {upsert: a}}", "6 missing-destination: `store` needs a destination"),
        ("{}", "5 missing-key: this action is empty"),
        ("text", "5 wrong-type: an action of {} must be a mapping"),
        (
            "{shout: {text: a}}\n  - {shout: {text: b}}",
            "5 missing-name: `shout` stands twice in {}: give each of them a `name`",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place(action: str, found: str) -> None:
    for said, line, owner in (
        (of_file(action), 3, "`on_dead`"),
        (of_route(action), 5, "`on_dead` of the route `r`"),
    ):
        assert said, action
        assert said[0].startswith(f"{line}:{found}".format(owner)), said


def test_a_name_that_stands_twice_in_one_list_names_both_places() -> None:
    assert of_file("{name: a, shout: {text: a}}\n  - {name: a, shout: {text: b}}") == [
        "4:5 duplicate-name: the action `a` stands twice in `on_dead`: here and at routes.yaml:3:5 "
        "(choose another `name`)"
    ]


def test_its_names_are_its_own_and_delivery_is_known_there_only() -> None:
    assert not faults(
        "routes: [{name: r, actions: [{shout: {}}], on_dead: [{shout: {}}]}]\non_dead: [{shout: {}}]"
    )
    (said,) = faults('routes:\n  - name: r\n    actions: [{shout: {text: "{{ delivery.id }}"}}]\n')
    assert said == "3:34 unknown-name: `delivery` is not defined here (it is known in `on_dead` only)"
    (said,) = faults("routes:\n  - {name: r, vars: {delivery: x}, actions: [{shout: {}}]}\n")
    assert said.startswith("2:22 reserved-name: `delivery`")
    assert not faults(
        "routes:\n  - name: r\n    actions:\n"
        "      - shout: {text: '{% for delivery in data.x %}{{ delivery.no }}{% endfor %}'}\n"
    )


def test_only_a_list_can_stand_there() -> None:
    assert faults("routes: []\non_dead: {shout: {text: a}}") == [
        "2:10 wrong-type: `on_dead` must be a list of actions, not a mapping (begin each action with `- `)"
    ]
