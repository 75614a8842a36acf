"""What no test made happen."""

from __future__ import annotations

from router.testing.coverage import Coverage
from tests.testing.course import WELCOME, outcomes

EVENT = "event: clerk/user.created, expect: {verify: ok}"


def covered(tests: str, routes: str = WELCOME) -> Coverage:
    coverage = Coverage()
    for outcome in outcomes(tests, routes):
        coverage.know(outcome.case.known.ruleset)
        coverage.add(outcome)
    return coverage


def gaps(tests: str, routes: str = WELCOME) -> list[str]:
    return [f"{aim.place.line}:{aim.place.column} {word} {aim.text}" for word, aim in covered(tests, routes).gaps]


def test_routes_actions_and_both_sides_of_each_condition_count() -> None:
    assert gaps(f"- {{{EVENT}}}\n") == [
        '13:13 never false data.first_name: "Ada"',
        "18:13 never false if: primary_email",
        "19:5 never taken route `sessions`",
    ]
    coverage = covered(f"- {{{EVENT}}}\n")
    assert coverage.count("taken") == (1, 2)
    assert coverage.count("made") == (2, 3)
    assert coverage.count("true", "false") == (2, 4)
    assert round(coverage.percent) == 56


def test_of_a_route_that_no_test_reaches_only_the_route_is_told() -> None:
    assert gaps("- {event: clerk/session.created, expect: {verify: ok}}\n") == ["10:5 never taken route `welcome`"]


def test_of_a_route_that_never_took_an_event_its_conditions_are_told() -> None:
    assert gaps(f"- {{{EVENT}, set: {{data.first_name: Bob}}}}\n") == [
        "10:5 never taken route `welcome`",
        '13:13 never true data.first_name: "Ada"',
        "18:13 never asked if: primary_email",
        "19:5 never taken route `sessions`",
    ]


def test_everything_can_be_covered() -> None:
    whole = covered(
        f"""
        - {{{EVENT}}}
        - {{name: b, {EVENT}, set: {{data.first_name: Bob}}}}
        - {{name: c, {EVENT}, set: {{data.email_addresses: []}}}}
        - {{event: clerk/session.created, expect: {{verify: ok}}}}
        """
    )
    assert (whole.gaps, whole.percent) == ([], 100.0)


def test_the_if_of_a_route_its_else_and_an_if_of_items_are_followed() -> None:
    routes = """
        - name: r
          source: app
          if: data.yes
          actions: [{name: each, slack: {text: "{{ item }}"}, for_each: data.items, if: item != 'x'}]
          else: [{name: other, slack: {text: no}}]
        - {name: off, enabled: false, actions: [slack: {text: a}]}
        - {name: rest, source: app, fallback: true, actions: [slack: {text: a}]}
        """
    event = "event: app/x, expect: {verify: ok}, payload: {type: x, data: "
    yes, no = f"- {{{event}{{yes: true, items: [a, x, b]}}}}}}\n", f"- {{name: n, {event}{{yes: false}}}}}}\n"
    rest = "16:5 never taken route `rest`"
    assert gaps(yes, routes) == ["12:9 never false if: data.yes", "14:12 never made action `r/other`", rest]
    assert gaps(yes + no, routes) == [rest]
    failing = yes.replace("yes: true", "no: true")
    assert "12:9 never asked if: data.yes" in gaps(failing, routes)
