"""Mistakes in routes and actions, each told at its place."""

from __future__ import annotations

import pytest

from tests.routing.rules import compile_rules, faults

STORE = "destinations: {one: {type: store, url: a}, two: {type: store, url: b}}\n"


def route(keys: str, action: str = "shout: {text: hi}") -> list[str]:
    return faults(f"routes:\n  - name: r\n    {keys}\n    actions:\n      - {action}\n")


def action(keys: str) -> list[str]:
    return faults(f"routes:\n  - name: r\n    actions:\n      - {keys}\n")


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("source: clark", "3:13 unknown-source: there is no source `clark` (did you mean `clerk`?)"),
        ("sorce: clerk", "3:5 unknown-key: the route `r` has no key `sorce` (did you mean `source`?)"),
        ("order_by: {}", "3:5 not-yet: `order_by` is not supported yet"),
        ("on_dead: x", "3:14 wrong-type: `on_dead` must be a list of actions, not a text"),
        ("delay: 1h", "3:5 unknown-key: the route `r` has no key `delay` (it belongs to an action"),
        ("fresh: 1h", "3:5 unknown-key: the route `r` has no key `fresh` (it belongs to an action"),
        ("lane: x", "3:5 unknown-key: the route `r` has no key `lane` (it belongs to an action"),
        ("enabled: nope", "3:14 wrong-type: `enabled` must be true or false"),
        ("if: data.x\n    else: [{store: {upsert: a}, destination: shop}]", "4:46 unknown-destination"),
        ("if: data.", "3:9 template-syntax: the template is faulty"),
        ("if: dta.x", "3:9 unknown-name: `dta` is not defined here (did you mean `data`?)"),
        ("if: '{{ data.x }} and {{ data.y }}'", "3:9 template-syntax: this takes one expression"),
        ("if: data.x extra", "3:9 template-syntax: the template is faulty: expected the end of the expression"),
        ("if: [a]", "3:9 wrong-type: `if` must be an expression, not a list"),
        ("where: {}", "3:12 empty-where"),
        ("vars: {data: 1}", "3:12 reserved-name: `data` is a name of its own"),
        ("vars: {a-b: 1}", "3:12 unusable-name: `a-b` cannot be used in a template"),
        ("vars: {a: '{{ b }}', b: 1}", "3:19 unknown-name: `b` is not defined here"),
        ("vars: [a]", "3:11 wrong-type: `vars` must be a mapping, not a list"),
        ("event: {a: b}", "3:12 wrong-type: `event` must be a text or a list of texts"),
        ("event: ''", "3:12 empty-value: `event` is empty"),
    ],
)
def test_a_mistake_in_a_route_is_told_at_its_place(keys: str, found: str) -> None:
    said = route(keys)
    assert len(said) == 1, said
    assert said[0].startswith(found)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("shuot: {text: a}", "4:9 unknown-action: there is no action `shuot` (did you mean `shout`?)"),
        ("{shout: {text: a}, store: {upsert: b}}", "4:28 two-actions: `shout` and `store` in one action"),
        ("name: x", "4:9 missing-key: this action does nothing: one key names its plugin (known: shout, store)"),
        ("{}", "4:9 missing-key: this action is empty"),
        ("hi", "4:9 wrong-type: an action of the route `r` must be a mapping, not a text"),
        (
            "{shout: {text: a}, destnation: b}",
            "4:28 unknown-key: an action of the route `r` has no key `destnation`",
        ),
        ("{shout: {text: a}, destination: slak}", "4:41 unknown-destination: there is no destination `slak`"),
        ("{shout: {text: a}, dely: 1h}", "4:28 unknown-key: an action of the route `r` has no key `dely`"),
        ("{shout: {text: a}, rate: 1/s}", "4:28 unknown-key: an action of the route `r` has no key `rate`"),
        ("{name: on_dead/a, shout: {text: a}}", "4:16 reserved-name: names that begin with `on_dead/` are those"),
        ("{shout: {text: a}, final: true}", "4:28 not-yet: `final` is not supported yet"),
        ("{shout: {text: a}, retry: {max_attempt: 1}}", "4:36 unknown-key: `retry` has no key `max_attempt`"),
        ("{shout: {text: a}, timeout: 5}", "4:37 wrong-unit: `timeout` needs a unit"),
        ("{shout: {text: a}, timeout: 0s}", "4:37 out-of-range: `timeout` must be more than 0s"),
        ("{shout: {text: a}, for_each: [a]}", "4:38 wrong-type: `for_each` must be an expression, not a list"),
        ("{store: {upsert: a}}", "4:10 missing-destination: `store` needs a destination"),
    ],
)
def test_a_mistake_in_an_action_is_told_at_its_place(keys: str, found: str) -> None:
    said = action(keys)
    assert len(said) == 1, said
    assert said[0].startswith(found)


def test_a_route_needs_a_name_and_actions() -> None:
    assert faults("routes:\n  - source: app\n") == [
        "2:5 missing-key: a route needs `name`",
        "2:5 missing-key: a route needs `actions`",
    ]
    assert "`actions` is empty" in faults("routes: [{name: r, actions: []}]")[0]
    assert "`actions` must be a list of actions" in faults("routes: [{name: r, actions: {shout: {text: a}}}]")[0]


def test_a_name_that_stands_twice_names_both_places() -> None:
    one = "  - {name: r, actions: [{shout: {text: a}}]}\n"
    (said,) = faults(f"routes:\n{one}{one}")
    assert said.startswith("3:12 duplicate-name: the route `r` is defined at routes.yaml:2:12 as well")


def test_a_plugin_that_stands_twice_needs_names_and_else_counts() -> None:
    said = faults("routes: [{name: r, if: data.x, actions: [{shout: {text: a}}], else: [{shout: {text: b}}]}]")
    assert len(said) == 2
    assert "`shout` stands twice in the route `r`: give each of them a `name`" in said[0]
    assert not faults(
        "routes: [{name: r, if: data.x, actions: [{name: a, shout: {}}], else: [{name: b, shout: {text: b}}]}]"
    )
    said = faults("routes: [{name: r, actions: [{name: a, shout: {text: a}}, {name: a, shout: {text: b}}]}]")
    assert "the action `a` stands twice in the route" in said[0]


def test_the_destination_is_the_one_of_the_plugins_name_else_the_only_one() -> None:
    text = "routes: [{name: r, actions: [{store: {upsert: a}}]}]\n"
    assert "several destinations for `store`: add `destination` (one of: one, two)" in faults(STORE + text)[0]
    for destinations, wanted in (
        ("destinations: {one: {type: store, url: a}}\n", "one"),
        ("destinations: {one: {type: store, url: a}, store: {url: b}}\n", "store"),
    ):
        table, problems = compile_rules(destinations + text)
        assert not len(problems)
        assert table.routes[0].actions[0].destination.name == wanted


def test_the_only_destination_wins_over_one_that_needs_no_settings() -> None:
    text = "routes: [{name: r, actions: [{shout: {text: a}}]}]\n"
    table, _ = compile_rules("destinations: {loud: {type: shout, loud: true}}\n" + text)
    assert table.routes[0].actions[0].destination.name == "loud"
    table, _ = compile_rules("destinations: {a: {type: shout}, b: {type: shout}}\n" + text)
    assert table.routes[0].actions[0].destination.name == "shout"


def test_a_destination_of_another_type_is_a_mistake() -> None:
    text = "routes: [{name: r, actions: [{shout: {text: a}, destination: one}]}]\n"
    assert "`one` is a destination of the type `store`, not `shout`" in faults(STORE + text)[0]


def test_an_unknown_event_type_of_a_known_provider_is_a_warning() -> None:
    def warned(event: str) -> list[str]:
        return route(f"source: clerk\n    event: {event}")

    assert warned("user.creatd") == [
        "4:12 unknown-event: `user.creatd` is no known event type of the source (did you mean `user.created`?)"
    ]
    assert "no known event type fits `usr.*`" in warned("usr.*")[0]
    assert not warned("user.*")
    assert not warned("'*'")
    assert not route("event: anything.at.all")  # the other sources may send what they want


def test_an_action_for_an_event_that_the_route_does_not_take_is_a_warning() -> None:
    said = route("event: user.created", "{shout: {text: a}, event: user.deleted}")
    assert "this never happens: the route takes `user.created`, not `user.deleted`" in said[0]
    assert not route("event: 'user.*'", "{shout: {text: a}, event: user.deleted}")


def test_a_var_of_one_source_needs_that_source() -> None:
    (said,) = action('shout: {text: "{{ full_name }}"}')
    assert "`full_name` is a var of the source `clerk` only, and the route takes events of `app` too" in said
    assert "add `source: clerk` to the route" in said
    assert not route("source: clerk", 'shout: {text: "{{ full_name }}"}')
    assert "is not defined here" in route("source: app", 'shout: {text: "{{ full_name }}"}')[0]
    assert not route("vars: {full_name: x}", 'shout: {text: "{{ full_name }}"}')


def test_constants_of_the_file_are_never_templates() -> None:
    (said,) = faults("vars:\n  a: '{{ data.x }}'\nroutes: [{name: r, actions: [{shout: {text: a}}]}]")
    assert said.startswith("2:6 template-in-vars: `a` is a constant of the file")
    assert "reserved-name" in faults("vars:\n  event: 1\nroutes: []")[0]


def test_an_else_needs_something_that_can_fail() -> None:
    text = "routes:\n  - {name: r, actions: [{name: a, shout: {text: a}}], else: [{name: b, shout: {text: b}}]}\n"
    assert faults(text) == ["2:55 never: `else` never happens: the route has neither `where` nor `if`"]
    assert not faults(text.replace("name: r,", "name: r, where: {data.x: 1},"))
    assert (
        "`else` is empty" in faults("routes: [{name: r, if: data.x, actions: [{shout: {text: a}}], else: []}]")[0]
    )


def test_a_route_that_is_no_mapping_is_a_mistake() -> None:
    assert "a route must be a mapping, not a text" in faults("routes: [hi]")[0]
