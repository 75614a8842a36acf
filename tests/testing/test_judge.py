"""Routes as expected or not, and why."""

from __future__ import annotations

from tests.testing.course import failures, said


def test_a_test_passes_where_all_is_as_expected() -> None:
    assert (
        said(
            """
            - event: clerk/user.created
              expect:
                verify: ok
                routes: [welcome]
                actions:
                  welcome/slack: {text: Hello Ada}
                  welcome/mail: {json: {to: ada@example.com}}
                  sessions/slack: null
            - {event: clerk/session.created, expect: {routes: sessions}}
            - {event: clerk/email.created, expect: {routes: []}}
            """
        )
        == []
    )


def test_a_route_that_did_not_take_it_is_told_with_the_condition_that_failed() -> None:
    (failure,) = failures(
        "- {event: clerk/user.created, set: {data.first_name: Bob}, expect: {routes: [welcome]}}\n"
    )
    assert failure.message == "`welcome` did not take it"
    assert (failure.expected, failure.actual) == (["welcome"], [])
    assert [(reason.text, str(reason.place)) for reason in failure.reasons] == [
        ("`welcome` did not take it, because of its `where`", "routes.yaml:10:5"),
        ('data.first_name: "Ada": is the text `Bob`, not the text `Ada`', "routes.yaml:13:13"),
    ]


def test_a_route_that_took_it_unasked_and_one_of_another_event_are_told() -> None:
    (failure,) = failures("- {event: clerk/user.created, expect: {routes: [sessions]}}\n")
    assert failure.message == "`sessions` did not take it; `welcome` took it, too"
    assert [reason.text for reason in failure.reasons] == [
        "`sessions` did not take it: event is `user.created`, the route wants `session.*`",
        "`welcome` took it",
    ]


def test_the_order_of_routes_means_nothing() -> None:
    both = """
        - {name: a, source: clerk, actions: [slack: {text: a}]}
        - {name: b, source: clerk, actions: [slack: {text: b}]}
        """
    assert said("- {event: clerk/user.created, expect: {routes: [b, a]}}\n", both) == []


def test_the_reasons_of_any_none_else_if_and_a_switch_are_told() -> None:
    routes = """
        - name: any
          where: [any: [data.id: x, data.id: y]]
          actions: [slack: {text: a}]
        - name: none
          where: [none: [data.object: user]]
          actions: [slack: {text: a}]
        - name: other
          where: {data.id: x}
          actions: [{name: slack, slack: {text: a}}]
          else: [{name: rest, slack: {text: b}}]
        - name: iffy
          if: data.id == 'x'
          actions: [slack: {text: a}]
        - {name: off, enabled: false, actions: [slack: {text: a}]}
        """
    first, *others = failures(
        """
        - event: clerk/user.created
          expect:
            routes: [any, none, iffy, off]
            actions: {other/slack: {}, other/rest: null}
        """,
        routes,
    )
    assert [reason.text for reason in first.reasons] == [
        "`any` did not take it, because of its `where`",
        'data.id: "x": is the text `user_ada000000000000000000sample`, not the text `x`',
        'data.id: "y": is the text `user_ada000000000000000000sample`, not the text `y`',
        "`none` did not take it, because of its `where`",
        'none: data.object: "user": is the text `user`',
        "`iffy` did not take it: `if` is false",
        "`off` did not take it: switched off; it would have taken the event",
        "`other` took it by its `else`",
    ]
    assert [(failure.subject, failure.message) for failure in others] == [
        ("other/slack", "it is not made"),
        ("other/rest", "it is made, and should not be"),
    ]
    assert others[0].reasons[0].text == "`other` took it by its `else`"


def test_an_event_whose_planning_fails_as_a_whole_fails_its_test() -> None:
    routes = """
        - name: many
          actions:
            - {name: a, slack: {text: a}, for_each: data.all}
            - {name: b, slack: {text: a}, for_each: data.all}
        """
    (only,) = said(
        """
        - event: app/x
          payload: {type: x, data: {all: [ITEMS]}}
          expect: {routes: [many]}
        """.replace("ITEMS", ", ".join("1" * 700)),
        routes,
    )
    assert only == "plan: planning failed: more than 1,000 deliveries for one event"
