"""The table: routes found by source and type, however many there are and whatever senders call their events."""

from __future__ import annotations

from router.model import RetryPolicy
from tests.routing.rules import rules


def test_candidates_are_those_that_want_the_event_in_file_order() -> None:
    table = rules("""
routes:
  - {name: a, event: 'x.*', actions: [{shout: {text: a}}]}
  - {name: b, event: [x.y, z], actions: [{shout: {text: a}}]}
  - {name: c, source: shop, actions: [{shout: {text: a}}]}
  - {name: d, enabled: false, actions: [{shout: {text: a}}]}
  - {name: e, event: [x.y, 'z*'], actions: [{shout: {text: a}}]}
""")

    def names(source: str, type_: str) -> str:
        return "".join(route.name for route in table.candidates(source, type_))

    assert names("app", "x.y") == "abde"
    assert names("app", "z") == "bde"
    assert names("shop", "x.z") == "acd"
    assert names("app", "") == "d"
    assert names("app", "x.y") == "abde"


def test_what_senders_call_their_events_cannot_fill_the_memory() -> None:
    table = rules("routes: [{name: a, event: 'x*', actions: [{shout: {text: a}}]}]")
    for number in range(10_000):
        table.candidates("app", f"x{number}")
    assert len(table._found) <= 4096


def test_an_event_is_compared_with_the_routes_that_may_want_it_only() -> None:
    many = "".join(f"  - {{name: r{n}, event: e{n}, actions: [{{shout: {{text: a}}}}]}}\n" for n in range(300))
    table = rules(f"routes:\n{many}")
    assert [route.name for route in table.candidates("app", "e77")] == ["r77"]
    assert not table._open


def test_the_policy_of_an_action_is_its_own_over_its_destinations() -> None:
    table = rules("""
destinations: {shout: {timeout: 5s, retry: {max_attempts: 3, first: 2s}}}
routes:
  - name: r
    if: data.x
    actions: [{name: a, shout: {text: a}}]
    else: [{name: b, shout: {text: a}, timeout: 7s, retry: {max_attempts: 9}}]
""")
    first, second = table.policy("r", "a"), table.policy("r", "b")
    assert first is not None
    assert second is not None
    assert (first.retry, first.timeout) == (RetryPolicy(max_attempts=3, first=2.0), 5.0)
    assert (second.retry, second.timeout) == (RetryPolicy(max_attempts=9, first=2.0), 7.0)
    assert table.policy("r", "gone") is None
