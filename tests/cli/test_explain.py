"""`router explain`: what it can be asked about, what it answers, and with which exit code."""

from __future__ import annotations

import asyncio
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from router.cli.explain_text import render
from router.config.made_up import made_up
from router.journal.sqlite import SqliteJournal
from router.model import DeliveryState, Event
from router.ruleset import Ruleset, load_ruleset
from router.running import utc_now
from router.sources.samples import sample
from router.specimen import signed_request
from router.stored_rules import stored as kept_of
from tests.cli.explained import HI, Desk
from tests.journal.values import attempt

WELCOME = """  - name: welcome
    source: clerk
    event: user.created
    where: {data.first_name: Ada}
    actions: [{slack: {text: "hello {{ data.id }}"}}]
  - name: pushes
    source: github
    event: push
    actions: [{slack: {text: "{{ data.ref }}"}}]
"""
SECRET = "whsec_" + "QUFB" * 8


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLERK_SECRET_OF_THIS_TEST", raising=False)
    desk = Desk(tmp_path, capsys)
    desk.routes(WELCOME)
    return desk


def ruleset(desk: Desk, **environ: str) -> Ruleset:
    """Return the rules as the command loads them."""
    loaded = load_ruleset(desk.folder / "routes.yaml", environ, made_up=made_up)
    assert loaded.ruleset is not None
    return loaded.ruleset


def write(desk: Desk, name: str, payload: Any) -> str:
    """Write a payload into a file, and return its name."""
    (desk.folder / name).write_text(json.dumps(payload))
    return name


def captured(desk: Desk, *, secret: str = SECRET, at: datetime | None = None, body: bytes | None = None) -> str:
    """Write a request that was signed with a secret, and return the file's name."""
    source = ruleset(desk, CLERK_SECRET_OF_THIS_TEST=secret).sources["clerk"]
    signed = b'{"type":"user.created","data":{"id":"user_1","first_name":"Ada"}}'
    request = signed_request(source, "user.created", signed, "msg_1", at or datetime.now(UTC))
    lines = ["POST /webhooks/clerk HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    (desk.folder / "r.http").write_bytes("\r\n".join([*lines, "", ""]).encode() + (body or signed))
    return "r.http"


def test_a_sample_goes_the_whole_way(desk: Desk) -> None:
    found = desk.json("clerk/user.created")
    assert desk.code == 0
    assert (found["subject"]["kind"], found["taken"], found["deliveries"]) == ("sample", 1, 1)
    assert found["verification"]["verdict"] == "verified"
    assert found["verification"]["reason"].endswith("as CLERK_SECRET_OF_THIS_TEST is not set")
    assert found["configuration"]["made_up"] == ["CLERK_SECRET_OF_THIS_TEST"]
    (delivery,) = found["routes"][0]["actions"][0]["deliveries"]
    assert delivery["params"] == {"text": "hello user_ada000000000000000000sample"}
    assert found["others"]["number"] == 1


def test_the_json_has_the_keys_that_its_page_lists(desk: Desk) -> None:
    found = desk.json("clerk/user.created", "--set", "data.first_name=ada")
    assert list(found) == [
        *(
            "subject",
            "configuration",
            "verification",
            "event",
            "stored",
            "unreadable",
            "handshake",
            "failed",
            "routes",
            "others",
        ),
        *("taken", "deliveries"),
    ]
    route = found["routes"][0]
    assert list(route) == [
        *("route", "file", "line", "taken", "reason", "misfit", "enabled", "fallback", "by", "where", "if"),
        *("vars", "actions"),
    ]
    assert route["where"] == {
        "condition": 'data.first_name: "Ada"',
        "held": False,
        "reason": "is the text `ada`: it differs from the text `Ada` in upper and lower case only",
        "file": "routes.yaml",
        "line": 13,
        "column": 13,
        "path": "data.first_name",
        "operators": [{"operator": "eq", "expected": "Ada"}],
        "found": ["ada"],
        "reached": None,
        "there": None,
        "instead": 'write it as the sender does: "ada"; for any case: {matches: "(?i)Ada"}',
    }


def test_the_same_question_has_the_same_answer(desk: Desk) -> None:
    words = ("clerk/user.created", "--at", "2026-11-23T10:00:00Z")
    assert desk.text(*words) == desk.text(*words)


def test_a_payload_comes_from_a_file_or_from_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = sample("clerk", "user.created", utc_now())
    name = write(desk, "p.json", payload)
    found = desk.json(name, "--source", "clerk", "--set", "data.first_name=Bob")
    assert (found["subject"]["kind"], found["taken"]) == ("payload", 0)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(payload).encode())))
    assert desk.json("-", "--source", "clerk")["taken"] == 1


def test_a_type_that_stands_in_a_header_has_to_be_said(desk: Desk) -> None:
    name = write(desk, "p.json", {"ref": "main"})
    assert "add --type TYPE" in desk.error(name, "--source", "github")
    assert desk.code == 2
    assert desk.json(name, "--source", "github", "--type", "push")["taken"] == 1


def test_a_script_can_ask_whether_a_route_takes_the_event(desk: Desk) -> None:
    desk.text("clerk/user.deleted")
    assert desk.code == 0
    desk.text("clerk/user.deleted", "--fail-if-unmatched")
    assert desk.code == 1
    desk.text("clerk/user.created", "--fail-if-unmatched")
    assert desk.code == 0


def test_one_route_alone_is_told_even_of_another_type(desk: Desk) -> None:
    text = desk.text("clerk/user.created", "--route", "pushes")
    assert "not this  pushes  routes.yaml:15\n  the event is from `clerk`, the route takes `github`" in text
    assert "welcome" not in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "say what to explain"),
        (("clerk/user.created", "--request", "x"), 2, "say what to explain"),
        (("clerk/user.craeted",), 1, "did you mean `user.created`?"),
        (("clrk/user.created",), 1, "there is no source `clrk` (did you mean `clerk`?)"),
        (("nothing.json",), 1, "there is no file `nothing.json`"),
        (
            ("user.created",),
            3,
            "`user.created` is no file and no sample (SOURCE/TYPE, such as clerk/user.created), and",
        ),
        (("evt_1",), 3, "router: there is no journal at router.db"),
        (("routes.yaml",), 2, "say with --source who sent the payload"),
        (("routes.yaml", "--source", "clark"), 1, "did you mean `clerk`?"),
        (("clerk/user.created", "--route", "wellcome"), 1, "did you mean `welcome`?"),
        (("clerk/user.created", "--set", "data.id"), 2, "write PATH=VALUE"),
        (("--request", "routes.yaml"), 1, "is no captured request"),
        (("--request", "nothing.http"), 1, "nothing.http: No such file"),
        (("--request", "routes.yaml", "--set", "a=b"), 2, "a captured request is verified as it came"),
    ],
)
def test_what_cannot_be_explained_says_what_to_ask_instead(
    desk: Desk, words: tuple[str, ...], code: int, said: str
) -> None:
    assert said in desk.error(*words)
    assert desk.code == code


def test_a_captured_request_that_is_taken_for_a_payload_is_told_how_to_ask(desk: Desk) -> None:
    (desk.folder / "r.http").write_text('POST /webhooks/clerk HTTP/1.1\n\n{"type": "user.created"}')
    assert "such a file is given with --request" in desk.text("r.http", "--source", "clerk")


def test_a_payload_that_is_not_json_is_told_as_the_router_refuses_it(desk: Desk) -> None:
    (desk.folder / "p.json").write_text("{")
    text = desk.text("p.json", "--source", "clerk")
    assert "unreadable  the body is not JSON" in text
    assert desk.code == 1


def test_half_of_a_character_is_sent_escaped(desk: Desk) -> None:
    found = desk.json("clerk/user.created", "--set", r'data.first_name="\ud800"')
    assert desk.code == 0
    assert found["routes"][0]["where"]["found"] == [r"\ud800"]


def test_what_no_file_can_be_called_is_no_file(desk: Desk) -> None:
    stored(desk, came(desk))
    assert "is no file, no sample" in desk.error("x" * 5000)
    assert desk.code == 1


def test_a_device_without_an_end_is_given_up(desk: Desk) -> None:
    assert "/dev/zero is larger than 64 MiB" in desk.error("--request", "/dev/zero")
    assert desk.code == 1


def test_a_faulty_configuration_explains_nothing(desk: Desk) -> None:
    desk.routes("  - name: r\n    actions: [{slak: {text: hi}}]\n")
    said = desk.error("clerk/user.created")
    assert "while the configuration has errors" in said
    assert "did you mean `slack`?" in said
    assert desk.code == 1


def test_a_captured_request_is_verified_for_real(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLERK_SECRET_OF_THIS_TEST", SECRET)
    found = desk.json("--request", captured(desk))
    assert (desk.code, found["verification"]["verdict"], found["taken"]) == (0, "verified", 1)
    assert SECRET.removeprefix("whsec_") not in json.dumps(found)


def test_a_refused_request_tells_why_and_what_its_routes_would_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLERK_SECRET_OF_THIS_TEST", SECRET)
    old = datetime.now(UTC) - timedelta(days=2)
    name = captured(desk, at=old)
    text = desk.text("--request", name)
    assert desk.code == 1
    assert "refused 401: the timestamp is " in text
    assert "hint: all but its age is right: for a receipt at that time ask with --at " in text
    assert "It is refused, and no route sees it. Were it taken in:" in text
    assert "takes it  welcome" in text
    desk.text("--request", name, "--at", old.isoformat())
    assert desk.code == 0


def test_a_request_without_the_secret_cannot_be_judged_and_says_so(desk: Desk) -> None:
    text = desk.text("--request", captured(desk))
    assert desk.code == 1
    assert "cannot be judged: its secret is not set (CLERK_SECRET_OF_THIS_TEST)" in text
    assert "hint: set CLERK_SECRET_OF_THIS_TEST to the sender's secret, and ask again" in text


def test_a_request_that_dev_would_take_is_verified_with_the_made_up_secret(desk: Desk) -> None:
    name = captured(desk, secret=made_up("CLERK_SECRET_OF_THIS_TEST"))
    assert "verified (svix): with the made-up secret of `dev`" in desk.text("--request", name)
    assert desk.code == 0


def test_a_get_or_a_large_body_or_a_wrong_path_is_refused_as_the_router_does(desk: Desk) -> None:
    (desk.folder / "g.http").write_text("GET /webhooks/github HTTP/1.1\nX: y\n\n{}")
    assert desk.json("--request", "g.http")["verification"]["status"] == 405
    (desk.folder / "g.http").write_text('POST /webhooks/github HTTP/1.1\nX: y\n\n"' + "x" * 1_100_000 + '"')
    assert desk.json("--request", "g.http")["verification"]["status"] == 413
    (desk.folder / "g.http").write_text("POST /webhooks/other HTTP/1.1\nX: y\n\n{}")
    assert "no source is at /webhooks/other: the router would answer 404" in desk.error("--request", "g.http")


def test_a_secret_in_the_event_is_not_shown(desk: Desk) -> None:
    secret = "https://hooks.slack.com/services/T/B/secret-path-of-it"
    words = ("clerk/user.created", "--set", f"data.first_name={secret}")
    assert "secret-path-of-it" not in desk.text(*words).partition("verified")[2]
    assert "secret-path-of-it" not in json.dumps(desk.json(*words)["routes"])


def test_nothing_foreign_moves_the_cursor(desk: Desk) -> None:
    text = desk.text("clerk/user.created", "--set", r'data.first_name="\u001b[2J\u202e\nforged"', "-v")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\nforged" not in text


def test_colour_is_in_the_text_where_it_is_wanted_only(desk: Desk) -> None:
    found = desk.json("clerk/user.created")
    assert "\x1b[32mtakes it\x1b[0m" in render(found, color=True)
    assert "\x1b" not in render(found, color=False)


def stored(
    desk: Desk, event: Event, *, then: DeliveryState = DeliveryState.DEAD, keeps: bool = False, **environ: str
) -> None:
    """Put an event and its plan into the journal, which `keeps` the configuration; its first delivery ends."""

    async def fill() -> None:
        journal = SqliteJournal(desk.folder / "router.db", clock=utc_now, min_free=0)
        await journal.open()
        rules = ruleset(desk, **environ)
        if keeps:
            await journal.save_config(kept_of(rules, utc_now()))
        plan = rules.plan(event)
        appended = await journal.append(plan, take={plan.deliveries[0].id})
        await journal.append(plan, retry_dead=False)
        for delivery in appended.deliveries[:1]:
            await journal.record(attempt(delivery, then))
        await journal.close()

    asyncio.run(fill())


def came(desk: Desk, **changes: Any) -> Event:
    """Return an event as it was received from the sample's sender."""
    source = ruleset(desk).sources["clerk"]
    payload = sample("clerk", "user.created", utc_now())
    request = signed_request(source, "user.created", json.dumps(payload).encode(), "msg_1", utc_now())
    return replace(source.identify(request, "evt_1"), **changes)


@pytest.mark.parametrize("name", ["evt_1", "msg_1"])
def test_a_stored_event_tells_what_became_of_it(desk: Desk, name: str) -> None:
    stored(desk, came(desk))
    text = desk.text(name)
    assert desk.code == 0
    assert "verified (svix): when it came\n" in text
    assert "what became of it  planned\n  it came 1 more time, which ran nothing\n" in text
    assert "  welcome/slack is dead after 1 attempt" in text
    assert "      really: dead after 1 attempt" in text
    assert "others when the event came" not in text


def test_all_items_of_a_stored_event_are_told_in_their_order_and_the_first_shown(desk: Desk) -> None:
    each = '{slack: {text: "hello {{ item }}"}, for_each: "{{ range(999) | list }}"}'
    routes = WELCOME.replace('{slack: {text: "hello {{ data.id }}"}}', each)
    desk.routes(routes + "  - name: more\n    source: clerk\n    event: user.created\n" + HI)
    event = came(desk)
    stored(desk, event)

    async def again() -> None:
        journal = SqliteJournal(desk.folder / "router.db", clock=utc_now, min_free=0)
        await journal.open()
        await journal.add("evt_1", ruleset(desk).plan(event, "rpl_1").deliveries, utc_now())
        await journal.close()

    asyncio.run(again())
    found = desk.json("evt_1")
    told = found["stored"]["deliveries"]
    assert len(told) == 2000
    assert [delivery["index"] for delivery in told[:3]] == [None, 0, 1]
    assert len(found["stored"]["besides"]) == 1000
    shown = desk.text("evt_1")
    assert "... and 1,980 more: 1,980 ready (-v shows them)" in shown
    assert "it was not made when the event came" not in shown


def test_a_delivery_names_its_event(desk: Desk) -> None:
    stored(desk, came(desk))
    (delivery,) = desk.json("evt_1")["stored"]["deliveries"]
    assert desk.json(delivery["delivery"])["event"]["uid"] == "evt_1"


def test_files_that_changed_since_are_seen_in_what_they_would_do(desk: Desk) -> None:
    stored(desk, came(desk))
    desk.routes(WELCOME.replace("hello", "bye") + f"  - name: new\n    source: clerk\n{HI}")
    text = desk.text("evt_1")
    assert "its parameters were others when the event came" in text
    assert "really: it was not made when the event came" in text
    desk.routes(f"  - name: other\n    source: clerk\n{HI}")
    assert [d["route"] for d in desk.json("evt_1")["stored"]["besides"]] == ["welcome"]


def test_a_stored_event_whose_secret_was_changed_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(desk, came(desk))
    monkeypatch.setenv("CLERK_SECRET_OF_THIS_TEST", SECRET)
    text = desk.text("evt_1")
    assert "verified (svix): when it came\n" in text
    assert "hint: today's secret does not verify it any more" in text
    assert desk.code == 0


def test_an_id_that_nobody_knows_is_told(desk: Desk) -> None:
    stored(desk, came(desk))
    assert "`evt_2` is no file, no sample" in desk.error("evt_2")
    assert desk.code == 1
    assert "a stored event is told as it came" in desk.error("evt_1", "--set", "data.id=1")
    assert desk.code == 2


def test_a_stored_event_of_a_source_that_has_gone_is_told(desk: Desk) -> None:
    stored(desk, came(desk))
    text = (desk.folder / "routes.yaml").read_text().replace("  clerk:", "  clark:").replace("source: clerk", "")
    (desk.folder / "routes.yaml").write_text(text)
    assert "a source that there is no more; say with --source which one reads it now" in desk.error("evt_1")
    assert desk.json("evt_1", "--source", "clark")["event"]["type"] == "user.created"


def test_a_stored_event_is_told_by_the_configuration_of_its_day(desk: Desk) -> None:
    stored(desk, came(desk), keeps=True)
    assert desk.json("evt_1")["configuration"]["stored"] is False  # today's files are the same
    desk.routes(WELCOME.replace("hello", "bye") + f"  - name: new\n    source: clerk\n{HI}")
    text = desk.text("evt_1")
    assert "told by the configuration that was in force when it came; today's is another, see --today" in text
    assert '"text": "hello user_' in text
    assert "others when the event came" not in text
    found = desk.json("evt_1")
    assert found["configuration"]["stored"] is True
    assert [route["route"] for route in found["routes"]] == ["welcome", "pushes"]
    today = desk.text("evt_1", "--today")
    assert "told by today's files; when it came, configuration " in today
    assert '"text": "bye user_' in today
    assert "its parameters were others when the event came" in today


def test_a_stored_event_is_told_though_todays_files_have_errors(desk: Desk) -> None:
    stored(desk, came(desk), keeps=True)
    desk.routes("  - name: r\n    actions: [{slak: {text: hi}}]\n")
    assert "takes it  welcome" in desk.text("evt_1")
    assert desk.code == 0
    assert "while the configuration has errors" in desk.error("evt_1", "--today")


def test_it_is_said_where_the_environment_is_another_today(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(desk, came(desk), keeps=True, CLERK_SECRET_OF_THIS_TEST=SECRET)
    monkeypatch.setenv("CLERK_SECRET_OF_THIS_TEST", "whsec_" + "QkJC" * 8)
    text = desk.text("evt_1")
    assert "since then: the variable `CLERK_SECRET_OF_THIS_TEST` has another value today" in text
    assert "in force when it came; today's files are the same" in text
    monkeypatch.setenv("CLERK_SECRET_OF_THIS_TEST", SECRET)
    assert "since then" not in desk.text("evt_1")


def test_a_configuration_that_the_journal_does_not_know_is_todays(desk: Desk) -> None:
    stored(desk, came(desk))
    assert "does not know the configuration that was in force when it came: told by today's" in desk.text("evt_1")


def test_a_captured_handshake_is_told_as_one(desk: Desk) -> None:
    file = desk.folder / "routes.yaml"
    shake = "{method: GET, token: 'query:token', answer: {text: 'query:challenge'}}"
    meta = f"  meta: {{provider: github, secret: a-secret-of-it, verify_token: mine, handshakes: [{shake}]}}\n"
    file.write_text(file.read_text().replace("destinations:\n", f"{meta}destinations:\n"))
    (desk.folder / "get.http").write_text("GET /webhooks/meta?token=mine&challenge=4 HTTP/1.1\nHost: x\n\n")
    text = desk.text("--request", "get.http")
    assert "handshake  it is a handshake, which is answered and is no event" in text
    assert desk.code == 0
    (desk.folder / "get.http").write_text("GET /webhooks/meta?token=other&challenge=4 HTTP/1.1\nHost: x\n\n")
    assert "405" in desk.text("--request", "get.http")
    assert desk.code == 1
