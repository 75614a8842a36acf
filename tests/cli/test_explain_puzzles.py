"""Puzzles that people have with their rules, and what `explain` says of each."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.cli.explained import HI, Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLERK_SECRET_OF_THIS_TEST", raising=False)
    return Desk(tmp_path, capsys)


def about(desk: Desk, route: str, event: str = "clerk/user.created", *words: str) -> str:
    """Return what is said about one route."""
    desk.routes(route)
    text = desk.text(event, *words)
    return text.partition("\n\n")[2]


WHERE = [
    (
        "{data.first_name: ada}",
        """
        fails  data.first_name: "ada"  line 13
                data.first_name is the text `Ada`: it differs from the text `ada` in upper and lower case only
                hint: write it as the sender does: "Ada"; for any case: {matches: "(?i)ada"}
        """,
    ),
    (
        '{data.banned: "false"}',
        """
        fails  data.banned: "false"  line 13
                data.banned is false, not the text `false`
                hint: write without quotes: false; texts are never equal to numbers, true, false or null
        """,
    ),
    (
        "{data.firstName: Ada}",
        """
        fails  data.firstName: "Ada"  line 13
                `data` has no `firstName`; there is `first_name`
                hint: did you mean `data.first_name`?
        """,
    ),
    (
        "{data.status: verified}",
        """
        fails  data.status: "verified"  line 13
                `data` has no `status`
                `data` has `object`, `id`, `external_id`, `primary_email_address_id`, `primary_phone_number_id`,
                `primary_web3_wallet_id`, `username`, `first_name` and 32 more
        """,
    ),
    (
        "{data.email_addresses.email_address: {ends_with: example.com}}",
        """
        fails  data.email_addresses.email_address: {ends_with: "example.com"}  line 13
                `data.email_addresses` is a list: write `*` or an index before `email_address`
                hint: did you mean `data.email_addresses.*.email_address`?
        """,
    ),
    (
        "[\"$.data[?@.first_name == 'Ada']\"]",
        """
        fails  $.data[?@.first_name == 'Ada']  line 13
                nothing fits the filter of `$.data[?@.first_name == 'Ada']`; up to `$.data` something is
                none of the 40 has `@.first_name`
                hint: a filter looks at the members of an object: for the object itself compare
                      `payload.data.NAME`
        """,
    ),
    (
        "[\"$.data.email_addresses[?@.verification.status == 'pending']\"]",
        """
        fails  $.data.email_addresses[?@.verification.status == 'pending']  line 13
                nothing fits the filter of `$.data.email_addresses[?@.verification.status == 'pending']`; up to
                `$.data.email_addresses` something is
                `@.verification.status` is "verified"
        """,
    ),
]


@pytest.mark.parametrize(("where", "said"), WHERE, ids=[where for where, _ in WHERE])
def test_a_condition_that_fails_says_what_was_found_and_what_to_write(desk: Desk, where: str, said: str) -> None:
    text = about(desk, f"  - name: r\n    source: clerk\n    event: user.created\n    where: {where}\n{HI}")
    assert "not this  r  routes.yaml:10\n  where  fails\n" in text
    assert dedent(said).strip() in dedent(text[text.index("    fails") :])
    assert desk.code == 0


def test_a_glob_or_name_that_misses_is_named_as_near(desk: Desk) -> None:
    names = ("user.create", "users.*", "session.created", "User.Created")
    routes = "".join(f"  - name: {name.replace('*', 'all')}\n    event: {name}\n{HI}" for name in names)
    text = about(desk, routes)
    assert text.endswith(
        "no route takes it\n\n"
        "4 routes are for other events (-v shows them)\n"
        "  near: User.Created: event is `user.created`, the route wants `User.Created`\n"
        "  near: user.create: event is `user.created`, the route wants `user.create`\n"
    )


def test_a_route_of_another_source_is_named_as_near(desk: Desk) -> None:
    text = about(desk, f"  - name: r\n    source: github\n    event: user.created\n{HI}")
    assert "not this  r  routes.yaml:10\n  the event is from `clerk`, the route takes `github`\n" in text


def test_a_switched_off_route_says_whether_it_would_have_taken_the_event(desk: Desk) -> None:
    text = about(desk, f"  - {{name: r, enabled: false, actions: [{{slack: {{text: hi}}}}]}}\n  - name: o\n{HI}")
    assert "switched off (`enabled: false`); it would have taken the event" in text


def test_an_else_says_which_conditions_sent_the_event_there(desk: Desk) -> None:
    route = """
  - name: r
    where: {any: [{data.banned: true}, {data.locked: true}], none: [{data.has_image: true}]}
    actions: [{name: a, slack: {text: hi}}]
    else: [{name: b, slack: {text: "not {{ data.id }}"}}]
"""
    text = about(desk, route)
    assert (
        """takes it  r  routes.yaml:11
  by its `else`, as its conditions do not hold
  where  fails
    fails  any: one of these must hold
      fails  data.banned: true  line 12
              data.banned is false, not true
      fails  data.locked: true  line 12
              data.locked is false, not true
    fails  none: none of these may hold
      holds  data.has_image: true  line 12
              data.has_image is true
  action  r/b (slack to slack, hooks.slack.com)
    at most 20 attempts within 1d, 30s each, 8 at once, no rate, breaker at 50% of 20
    would send  dlv_"""
        in text
    )
    assert '"text": "not user_ada000000000000000000sample"' in text


def test_an_if_that_is_false_shows_the_values_of_its_names(desk: Desk) -> None:
    text = about(desk, f"  - name: r\n    if: data.first_name == 'ada' and data.gone | default(1) == 1\n{HI}")
    assert (
        """not this  r  routes.yaml:10
  if     fails  data.first_name == 'ada' and data.gone | default(1) == 1
            data.first_name = "Ada"
            data.gone is not there
"""
        in text
    )


def test_a_var_that_fails_shows_its_line_and_kills_only_what_uses_it(desk: Desk) -> None:
    route = """  - name: r
    vars: {domain: "{{ data.primary_email.split('@')[1] }}", greeting: "Hello {{ data.first_name }}"}
    actions:
      - {name: a, slack: {text: "from {{ domain }}"}}
      - {name: b, slack: {text: "{{ greeting }}"}}
"""
    text = about(desk, route)
    place = """routes.yaml:11: `vars.domain`: `data.primary_email` is missing: `data` has no `primary_email`"""
    line = """vars: {domain: "{{ data.primary_email.split('@')[1] }}", greeting: "Hello {{ data.first_name }}"}"""
    assert f"  vars   domain fails  (of the route)\n            {place}\n                {line}\n" in text
    assert text.split(line, 1)[1].startswith("\n                                   ^^^^^^^^^^^^^^^^^^\n")
    assert '         greeting = "Hello Ada"  (of the route)\n' in text
    assert "    would be dead  dlv_" in text
    assert '"text": "Hello Ada"' in text


def test_an_action_says_why_it_sends_nothing_or_too_late(desk: Desk) -> None:
    route = """  - name: r
    actions:
      - {name: own, slack: {text: a}, event: user.deleted}
      - {name: asked, slack: {text: a}, if: data.banned}
      - {name: none, slack: {text: a}, for_each: "data.gone | default([])"}
      - {name: old, slack: {text: a}, fresh: 1h}
      - {name: later, slack: {text: a}, delay: 2h, lane: "{{ data.id }}"}
      - {name: limited, http: {path: /x, json: {id: "{{ data.id }}"}}, destination: web, retry: {max_attempts: 1}}
"""
    text = about(desk, route, "clerk/user.created", "--set", "timestamp=1600000000000")
    for said in (
        "sends nothing  r/own: event is `user.created`, the action wants `user.deleted`\n",
        "sends nothing  r/asked: `if` is false\n"
        "    if     fails  data.banned\n              data.banned = false\n",
        "sends nothing  r/none: `for_each` has no items\n",
        ", not after 2020-09-13T13:26:40.000Z\n      too old: the event was ",
        "lane user_ada000000000000000000sample, not before ",
        "r/limited (http to web, localhost:3000)\n"
        "    at most 1 attempt within 1d, 30s each, 8 at once, 30/m, no breaker\n",
    ):
        assert said in text


def test_many_items_are_cut_unless_all_are_wanted(desk: Desk) -> None:
    route = """  - name: r
    actions: [{slack: {text: "{{ item }}"}, for_each: "range(9) | list"}]
"""
    desk.routes(route)
    assert "... and 6 more items (-v shows them)" in desk.text("clerk/user.created")
    assert desk.text("clerk/user.created", "-v").count("would send") == 9
