"""LANGUAGE.md, "Actions": what stands beside the plugin's key, and what the shipped ones take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.language.town import HEAD, clerk, faults, file_faults, happened, load, made, params, plan, rules, usable


def action(text: str) -> list[str]:
    """Return what is wrong with one action, which stands on line 3 from column 9 on."""
    return faults(f"- name: r\n  actions:\n    - {text}\n")


def test_the_name_of_an_action_is_its_plugins() -> None:
    text = "- {name: r, actions: [{http: {path: /x}}, {name: other, slack: {text: hi}, destination: slack}]}"
    assert made(text, happened({})) == ["r/http", "r/other"]


def test_names_are_required_where_a_plugin_stands_twice_else_included() -> None:
    text = "- name: r\n  if: data.x\n  actions: [{http: {path: /x}}]\n  else: [{http: {path: /y}}]\n"
    assert all("`http` stands twice in the route `r`: give each of them a `name`" in said for said in faults(text))
    assert len(faults(text)) == 2
    text = "- {name: r, actions: [{name: a, http: {path: /x}}, {name: a, slack: {text: hi}, destination: slack}]}"
    (said,) = faults(text)
    assert "duplicate-name: the action `a` stands twice in the route" in said


ONLY = "sources: {app: {verify: none, id: $.id}}\ndestinations: {%s}\nroutes: [{name: r, actions: [{%s}]}]\n"


@pytest.mark.parametrize(
    ("destinations", "written", "chosen"),
    [
        ("slack: {webhook_url: 'https://x.dev/a'}, eng: {type: slack, token: x}", "slack: {text: hi}", "slack"),
        ("eng: {type: slack, webhook_url: 'https://x.dev/a'}", "slack: {text: hi}", "eng"),
        ("", "http: {url: 'https://x.dev'}", "http"),
        ("a: {type: http}, b: {type: http}", "http: {url: 'https://x.dev'}, destination: b", "b"),
    ],
)
def test_the_destination_of_an_action(destinations: str, written: str, chosen: str) -> None:
    (route,) = usable(load(ONLY % (destinations, written))).table.routes
    assert route.actions[0].destination.name == chosen


@pytest.mark.parametrize(
    ("destinations", "written", "found"),
    [
        ("", "slack: {text: hi}", "missing-destination: `slack` needs a destination: add it under `destinations`"),
        (
            "a: {type: slack, token: x}, b: {type: slack, token: x}",
            "slack: {text: hi, channel: x}",
            "which-destination: there are several destinations for `slack`: add `destination` (one of: a, b)",
        ),
        ("a: {type: http}", "slack: {text: hi}, destination: a", "wrong-destination: `a` is a destination of the"),
        (
            "eng: {type: slack, token: x}",
            "slack: {text: hi}, destination: emg",
            "unknown-destination: there is no destination `emg` (did you mean `eng`?)",
        ),
        (
            "a: {type: slak}",
            "http: {url: 'https://x.dev'}",
            "unknown-action: there is no action `slak` (did you mean",
        ),
        ("a: {token: x}", "http: {url: 'https://x.dev'}", "unknown-action: the destination `a` needs a `type`"),
    ],
)
def test_a_mistake_about_destinations_is_told(destinations: str, written: str, found: str) -> None:
    (said,) = file_faults(ONLY % (destinations, written))
    assert said.split(" ", 1)[1].startswith(found), said


def test_one_delivery_for_each_item_with_its_index_in_the_id() -> None:
    text = (
        "- name: r\n  actions:\n    - http: {path: '/{{ index }}', body: '{{ item.n }}'}\n"
        "      for_each: data.items\n      if: item.n > 1\n"
    )
    found = plan(text, happened({"items": [{"n": 1}, {"n": 2}, {"n": 3}]})).deliveries
    assert [json.loads(d.params) for d in found] == [{"path": "/1", "body": "2"}, {"path": "/2", "body": "3"}]
    assert len({d.id for d in found}) == 2
    assert made(text, happened({"items": []})) == []


@pytest.mark.parametrize("items", [{"a": 1}, "text", None, list(range(1001))])
def test_what_is_no_list_and_more_than_1000_items_are_dead(items: Any) -> None:
    text = "- name: r\n  actions: [{http: {path: /x}, for_each: data.items}]\n"
    (only,) = plan(text, happened({"items": items})).deliveries
    assert only.state == "dead"
    assert "`for_each`" in (only.reason or "")


def test_an_actions_retry_and_timeout_win_over_the_destinations() -> None:
    text = HEAD.replace(
        '"http://localhost:3000"', '"http://localhost:3000", timeout: 5s, retry: {max_attempts: 3}'
    )
    text += (
        "routes:\n  - name: r\n    actions:\n      - {name: a, http: {path: /x}}\n"
        "      - {name: b, http: {path: /x}, timeout: 1m, retry: {first: 2s, max_delay: 1h, max_age: 3d}}\n"
    )
    table = usable(load(text)).table
    a, b = table.policy("r", "a"), table.policy("r", "b")
    assert a is not None
    assert b is not None
    assert (a.timeout, a.retry.max_attempts, a.retry.first, a.retry.max_delay) == (5, 3, 1, 14400)
    assert (b.timeout, b.retry.max_attempts, b.retry.first, b.retry.max_age) == (60, 3, 2, 259200)
    usual = rules("- {name: r, actions: [{http: {path: /x}}]}")
    policy = usual.table.policy("r", "http")
    assert policy is not None
    assert (policy.timeout, policy.retry.max_attempts, policy.retry.max_age) == (30, 20, 86400)
    assert usual.destinations["web"].concurrency == 8


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("slak: {text: hi}", "3:9 unknown-action: there is no action `slak` (did you mean `slack`?)"),
        ("{}", "3:9 missing-key: this action is empty: one key names its plugin"),
        (
            "{name: a}",
            "3:9 missing-key: this action does nothing: one key names its plugin (known: http, resend, sla",
        ),
        (
            "{http: {path: /x}, sql: {delete: a, where: {b: 1}}}",
            "3:28 two-actions: `http` and `sql` in one action",
        ),
        ("http", "3:9 wrong-type: an action of the route `r` must be a mapping, not a text"),
        (
            "{http: {path: /x}, nam: a}",
            "3:28 unknown-key: an action of the route `r` has no key `nam` (did you mean",
        ),
        ("{http: {path: /x}, name: 5}", '3:34 wrong-type: `name` must be a text, not a number (quote it: "5")'),
        (
            "{http: {path: /x}, timeout: 5}",
            "3:37 wrong-unit: `timeout` needs a unit (write 5s, 5m, 5h or 5d)",
        ),
        ("{http: {path: /x}, timeout: 0s}", "3:37 out-of-range: `timeout` must be more than 0s"),
        ("{http: {path: /x}, retry: {max: 3}}", "3:36 unknown-key: `retry` has no key `max`"),
        ("{http: {path: /x}, for_each: [1]}", "3:38 wrong-type: `for_each` must be an expression, not a list"),
        ("{http: [x]}", "3:16 wrong-type: `http` must be a mapping, not a list"),
        # slack
        (
            '{slack: {text: hi, channel: "#a"}, destination: slack}',
            "3:37 parameters: a `webhook_url` posts to its own channel: leave `channel` out, or use a `token`",
        ),
        (
            "{slack: {text: hi}, destination: eng}",
            "3:10 parameters: `slack` needs `channel` where its destination",
        ),
        ("{slack: {txt: hi}, destination: slack}", "3:18 unknown-key: this action has no key `txt` (did you mean"),
        (
            "{slack: {text: 5, blocks: x}, destination: slack}",
            "3:35 wrong-type: `blocks` must be a list, not a text",
        ),
        # resend
        ("{resend: {to: null, subject: x, text: y}}", "3:23 wrong-type: `to` must be a text or a list, not null"),
        (
            "{resend: {to: a@b.c, subjet: x, text: y}}",
            "3:30 unknown-key: this action has no key `subjet` (did you",
        ),
        ("{resend: {subject: x, text: y}}", "3:10 missing-key: `to` is missing"),
        # http
        (
            "{http: {path: /x, method: get}}",
            "3:35 unknown-value: `method` must be one of: GET, HEAD, POST, PUT, PATCH,",
        ),
        (
            "{http: {path: /x, forward: resig}}",
            "3:36 unknown-value: `forward` must be one of: resign, original (did yo",
        ),
        ("{http: {path: x}}", "3:23 wrong-value: `path`: `x` is not a path: it starts with one `/`"),
        (
            "{http: {path: /x, json: 1, body: a}}",
            "3:42 parameters: one body is enough: `json` and `body` are given",
        ),
        ("{http: {json: 1}}", "3:10 parameters: `http` needs either `path`"),
        (
            "{http: {path: /x, success: [2x]}}",
            "3:37 wrong-value: `success[0]`: `2x` is no status: write 404 or 2xx",
        ),
        ("{http: {path: /x, headers: {'X Y': a}}}", "3:37 wrong-value: a name in `headers`: `X Y` is no name of"),
        ("{http: {path: /x, sign: true}}", "3:33 parameters: `sign` needs `secret` in the destination"),
        # sql
        ("{sql: {delete: users}}", "3:10 parameters: `delete` needs `where`"),
        ("{sql: {update: users, values: {a: 1}, where: {}}}", "3:"),
        ("{sql: {upsert: users, values: {id: 1}}}", "3:10 parameters: `upsert` needs `key`"),
        (
            "{sql: {upsert: users, key: id, values: {a: 1}}}",
            "3:36 parameters: `id` is in `key` but not in `values`",
        ),
        ("{sql: {insert: a, delete: b}}", "3:35 parameters: `insert` and `delete` are two statements"),
        (
            "{sql: {delete: a, where: {b: null}}}",
            "3:38 parameters: `b` is null, and a `where` never means IS NULL",
        ),
        ("{sql: {execute: 'delete from a where b = :b'}}", "3:25 parameters: `:b` has no value in `params`"),
    ],
)
def test_a_mistake_in_an_action_is_told_once_and_at_its_place(written: str, found: str) -> None:
    said = action(written)
    assert len(said) == 1, said
    assert said[0].startswith(found), said


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("slack:\n      text: hi\n      destination: slack", "`text`"),
        ("resend:\n      to: a@b.c\n      subject: x\n      text: y", "`to`, `subject`, `text`"),
    ],
)
def test_fields_beside_the_plugins_key_are_told_to_be_indented(written: str, names: str) -> None:
    (said,) = action(written)
    plugin = written.split(":")[0]
    assert said.startswith(f"4:9 indentation: {names} must stand below `{plugin}`, not beside it")
    assert f"indent {names} by two more blanks than `{plugin}`" in said


def test_a_value_that_is_left_out_is_told_and_nothing_that_follows_from_it() -> None:
    (said,) = action("slack:\n        text: #dev is great\n      destination: slack")
    assert said.startswith("4:17 empty-value: `text` has no value: `#dev is great` is a comment")
    (said,) = action("resend:\n        to:\n        subject: x\n        text: y")
    assert said.startswith("4:11 empty-value: `to` has no value")


@pytest.mark.parametrize("source", ["app", "token"])
def test_resign_needs_a_source_that_can_sign(source: str) -> None:
    text = HEAD.replace(
        "sources:\n", "sources:\n  token: {verify: {scheme: token, header: X-T}, secret: abc, id: $.id}\n"
    )
    text += "routes:\n  - {name: r, source: %s, actions: [{http: {path: /x, forward: resign}}]}\n"
    (said,) = file_faults(text % source)
    assert f"the source `{source}` holds no secret that can sign anew: use `forward: original`" in said
    assert not file_faults(text % "clerk")


def test_original_signatures_grow_old() -> None:
    text = "- {name: r, source: clerk, actions: [{http: {path: /x, forward: original}%s}]}"
    (problem,) = load(HEAD + "routes:\n" + text % "").problems
    assert problem.severity == "warning"
    assert "mostly after 5 minutes" in problem.message
    assert not faults(text % ", retry: {max_age: 4m}")


def test_a_transaction_and_every_statement_render() -> None:
    text = (
        "- name: r\n  source: clerk\n  actions:\n    - sql:\n        transaction:\n"
        "          - {upsert: users, key: [id], values: {id: '{{ data.id }}', at: '{{ data.created_at }}'}}\n"
        "          - {update: users, values: {name: '{{ full_name }}'}, where: {id: '{{ data.id }}'}}\n"
        "          - {delete: old, where: {id: '{{ data.id }}'}}\n"
        "          - {execute: 'select :id', params: {id: '{{ data.id }}'}}\n"
    )
    payload = clerk(id="u1", first_name=None, last_name=None, created_at=5)
    upsert, update, delete, execute = params(text, payload, "clerk")["transaction"]
    assert upsert == {"upsert": "users", "key": ["id"], "values": {"id": "u1", "at": 5}}
    assert update == {"update": "users", "values": {"name": None}, "where": {"id": "u1"}}
    assert delete == {"delete": "old", "where": {"id": "u1"}}
    assert execute == {"execute": "select :id", "params": {"id": "u1"}}


def test_a_route_has_a_name_that_is_its_own() -> None:
    (said,) = faults("- actions: [{http: {path: /x}}]\n")
    assert said.startswith("1:5 missing-key: a route needs `name`")
    (said,) = faults("- {name: a, actions: [{http: {path: /x}}]}\n- {name: a, actions: [{http: {path: /x}}]}\n")
    assert said.startswith("2:12 duplicate-name: the route `a` is defined at routes.yaml:")


@pytest.mark.parametrize(
    ("actions", "found"),
    [
        (
            "{slack: {text: hi}}",
            "wrong-type: `actions` must be a list of actions, not a mapping (begin each action wit",
        ),
        ("[]", "empty-list: `actions` is empty: list at least one action"),
        ("slack", "wrong-type: `actions` must be a list of actions, not a text"),
    ],
)
def test_actions_are_a_list(actions: str, found: str) -> None:
    (said,) = faults(f"- name: r\n  actions: {actions}\n")
    assert said.split(" ", 1)[1].startswith(found), said
