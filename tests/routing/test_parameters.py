"""Parameters: mistakes found at load, each at its place; and what fails for one event."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from router.model import DeliveryState
from router.routing.plan import plan
from tests.routing.rules import Shout, compile_rules, event, faults_of, reason, rules, shout, shouted


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ("{txt: hi}", "4:17 unknown-key: this action has no key `txt` (did you mean `text`?)"),
        ("{lines: [{skuu: a, sku: b}]}", "4:26 unknown-key: `lines[0]` has no key `skuu` (did you mean `sku`?)"),
        ("{lines: [{count: 2}]}", "4:25 missing-key: `lines[0].sku` is missing"),
        ("{text: [a]}", "4:23 wrong-type: `text` must be a text, not a list"),
        ("{text: {a: b}}", "4:23 wrong-type: `text` must be a text, not a mapping"),
        ("{lines: hi}", "4:24 wrong-type: `lines` must be a list, not a text"),
        ("{headers: hi}", "4:26 wrong-type: `headers` must be a mapping, not a text"),
        ("{count: many}", "4:24 wrong-type: `count` must be a whole number, not a text"),
        ("{flag: maybe}", "4:23 wrong-type: `flag` must be true or false, not a text"),
        ("{level: middle}", "4:24 unknown-value: `level` must be one of: low, high"),
        ("{url: ftp://x}", "4:22 wrong-value: `url`: `ftp://x` is not an http(s) address"),
        ("{path: users}", "4:23 wrong-value: `path`: `users` is not a path"),
        ("{once: true}", "4:17 not-yet: `once` is not supported yet"),
        ("{text: a, on_conflict: ignore}", "4:26 not-yet: `on_conflict` is not supported yet"),
        ("{text: forbidden}", "4:23 parameters: this word is forbidden"),
        ("hi", "4:16 wrong-type: `shout` must be a mapping, not a text"),
        ("[a]", "4:16 wrong-type: `shout` must be a mapping, not a list"),
        ("{text: no, html: x}", "4:9 wrong-value: say `text` or `html`"),
        ('{count: many, text: "{{ data.x }}"}', "4:24 wrong-type: `count` must be a whole number, not a text"),
        (
            '{lines: [{sku: "{{ data.x }}", count: many}]}',
            "4:54 wrong-type: `lines[0].count` must be a whole number, not a text",
        ),
        ('{lines: "x {{ data.x }}"}', "4:24 wrong-type: `lines` must be a list, not a text"),
    ],
)
def test_a_mistake_is_told_at_its_place(params: str, found: str) -> None:
    said = faults_of(params)
    assert len(said) == 1, said
    assert said[0].startswith(found)


def test_all_mistakes_are_told_at_once() -> None:
    said = faults_of('{txt: hi, html: "{{ dta }}", lines: [{}], count: many}')
    assert [fault.split()[1] for fault in said] == ["unknown-key:", "unknown-name:", "missing-key:", "wrong-type:"]


def test_a_check_of_the_plugin_may_warn() -> None:
    (said,) = faults_of("{text: odd}")
    assert said.startswith("4:23 parameters: odd, for ")


def test_a_template_that_may_still_be_right_is_not_judged_at_load() -> None:
    assert not faults_of('{text: no, html: "{{ data.x }}"}')
    assert not faults_of('{count: "{{ data.x }}", flag: "{{ data.y }}", level: "{{ data.z }}"}')


def test_what_the_model_refuses_for_one_event_is_one_dead_delivery() -> None:
    assert reason('{text: a, count: "{{ data.x }}"}', {"x": "many"}) == (
        "routes.yaml:5: `count`: it should be a valid integer, unable to parse string as an integer"
    )
    assert reason('{text: no, html: "{{ data.x }}"}', {"x": "y"}) == "routes.yaml:5: say `text` or `html`"
    assert "`level`" in reason('{level: "{{ data.x }}"}', {"x": "middle"})
    assert "sku" in reason('{lines: [{sku: "{{ omit }}"}]}')


def test_a_reason_holds_no_value_of_the_event_that_the_model_refused() -> None:
    assert "very private" not in reason('{count: "{{ data.x }}"}', {"x": "very private"})


def test_only_what_is_set_is_stored_and_always_in_the_same_bytes() -> None:
    first = shout('{text: "{{ data.x }}", json: {b: 1, a: [2]}, count: 3}', {"x": "é"})
    assert first.params == '{"text":"é","json":{"b":1,"a":[2]},"count":3}'.encode()
    assert first == shout('{text: "{{ data.x }}", json: {b: 1, a: [2]}, count: 3}', {"x": "é"})


def test_stored_parameters_are_read_back_by_the_model() -> None:
    from tests.routing.rules import ShoutParams

    made = shout("{text: a, json: {x: 1}, lines: [{sku: b}], to: [c]}")
    read = ShoutParams.model_validate_json(made.params)
    assert read.json_ == {"x": 1}
    assert read.to == ["c"]


def test_constants_take_the_form_of_their_field() -> None:
    made = shouted("{text: 5, to: [true, 1.5], count: 7, json: [5, true, null]}")
    assert made == {"text": "5", "to": ["true", "1.5"], "count": 7, "json": [5, True, None]}


def test_a_file_is_a_template_beside_its_routes(tmp_path: Path) -> None:
    (tmp_path / "mail.html").write_text("<p>\n{{ data.name }}</p>")
    file = str(tmp_path / "routes.yaml")
    text = "routes: [{name: r, actions: [{shout: {html: {file: mail.html}}}]}]"
    table = rules(text, file)
    (made,) = plan(table, event({"name": "<Ada>"})).deliveries
    assert json.loads(made.params) == {"html": "<p>\n&lt;Ada&gt;</p>"}
    assert table.files == (tmp_path / "mail.html",)
    (dead,) = plan(table, event({})).deliveries
    assert dead.state == DeliveryState.DEAD
    assert dead.reason == f"{tmp_path / 'mail.html'}:2: `html`: `data.name` is missing: `data` has no `name`"


def test_a_mistake_in_a_file_is_told_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_text("hello\nyou {{ nme }}")
    text = "routes: [{name: r, actions: [{shout: {text: {file: mail.txt}}}]}]"
    _, problems = compile_rules(text, str(tmp_path / "routes.yaml"))
    (problem,) = problems
    assert str(problem.mark) == f"{tmp_path / 'mail.txt'}:2:8"
    assert problems.texts[problem.mark.file] == "hello\nyou {{ nme }}"


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ("{text: {file: none.txt}}", "4:30 unreadable-file: `text`: the file none.txt does not exist"),
        ("{text: {file: [a]}}", "4:23 wrong-type: `text`: `file` must be the path of a file"),
        ('{text: {file: "{{ data.x }}"}}', "4:23 wrong-type: `text`: `file` must be the path of a file"),
        ("{mrkdwn: {file: a.txt}}", "4:25 wrong-type: `mrkdwn` must be a text, not a mapping"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_mistake(params: str, found: str) -> None:
    (said,) = faults_of(params)
    assert said.startswith(found)


def test_a_file_of_other_bytes_or_of_giant_size_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfe")
    (tmp_path / "b").write_bytes(b"x" * (1024 * 1024 + 1))
    text = "routes: [{name: r, actions: [{shout: {text: {file: a}, html: {file: b}}}]}]"
    _, problems = compile_rules(text, str(tmp_path / "routes.yaml"))
    assert [problem.code for problem in problems] == ["unreadable-file", "unreadable-file"]


def test_a_check_of_a_plugin_that_breaks_is_told_at_its_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(*_: object) -> list[object]:
        raise TypeError("unhashable")

    monkeypatch.setattr(Shout, "check", check)
    (told,) = faults_of("{text: x}")
    assert told.startswith("4:16 broken-plugin: the check of `shout` broke on this: TypeError: unhashable")
