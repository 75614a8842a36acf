"""Who may ask, for what, and what is answered to nonsense."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from router.journal.journal import StoredReplay
from router.model import DeliveryState, EventState, Plan
from tests.admin.office import OPEN, OWN, RUN, Office, office
from tests.journal.values import NOW, event, planned

DEAD, DELIVERED, READY, DISCARDED, HELD = (
    DeliveryState.DEAD,
    DeliveryState.DELIVERED,
    DeliveryState.READY,
    DeliveryState.DISCARDED,
    DeliveryState.HELD,
)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        f"Bearer {RUN}x",
        f"Bearer {RUN} x",
        f"Basic {RUN}",
        RUN,
        "Bearer é",
    ],
)
@pytest.mark.parametrize("verb", ["retry", "replay", "discard", "nothing"])
async def test_nothing_is_changed_without_the_token(desk: Office, authorization: str | None, verb: str) -> None:
    name = await desk.dead("a")
    headers = {} if authorization is None else {"Authorization": authorization}
    status, said = await desk.post(verb, {"all": True}, headers=headers)
    assert (status, list(said)) == (401, ["error"])
    assert await desk.state(name) is DEAD


async def test_a_token_in_the_query_is_none(desk: Office) -> None:
    status, _ = await desk.post("retry", {"all": True}, headers={}, params={"token": RUN})
    assert status == 401


async def test_both_tokens_open_and_the_scheme_may_be_in_any_case(tmp_path: Path) -> None:
    async with office(tmp_path / "router.db", public=False) as desk:
        for authorization in (f"Bearer {RUN}", f"bearer {OWN}"):
            status, said = await desk.post("retry", {"all": True}, headers={"Authorization": authorization})
            assert (status, said["retried"]) == (200, 0)


async def test_a_browser_gets_no_leave_to_ask_from_another_page(desk: Office) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    async with desk.session.options(desk.server.make_url("/api/v1/retry"), headers=headers) as answer:
        assert answer.status == 401
        assert [name for name in answer.headers if name.lower().startswith("access-control")] == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8081", "localhost.evil.example", "127.0.0.1.nip.io"]
)
async def test_a_name_that_a_page_points_to_this_machine_reads_nothing(desk: Office, host: str) -> None:
    status, text = await desk.get("/metrics", headers={"Host": host})
    assert status == 403
    assert "router_" not in text
    assert (await desk.get("/healthz", headers={"Host": host}))[0] == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8081", "127.0.0.1", "127.0.0.1:1", "[::1]:8081"])
async def test_this_machine_may_be_called_by_all_its_names(desk: Office, host: str) -> None:
    assert (await desk.get("/metrics", headers={"Host": host}))[0] == 200


async def test_with_a_token_of_its_own_every_name_will_do_and_metrics_need_the_token(tmp_path: Path) -> None:
    async with office(tmp_path / "router.db", public=False) as desk:
        host = {"Host": "router.internal"}
        assert (await desk.get("/metrics", headers=host))[0] == 401
        assert (await desk.get("/metrics", headers=host | {"Authorization": f"Bearer {OWN}"}))[0] == 200
        assert (await desk.get("/readyz", headers=host))[0] == 200


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"\xff", "JSON"),
        (b"[" * 30_000, "JSON"),
        (b"9" * 6000, "JSON"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b'{"filter": 1}', "JSON object"),
        (b'{"filter": []}', "JSON object"),
        (b'{"nonsense": 1}', "`nonsense`"),
        (b'{"all": 1}', "`all` must be true or false"),
        (b'{"all": "true"}', "`all` must be true or false"),
        (b'{"all": true, "dry_run": null}', "`dry_run` must be true or false"),
        (b"{}", '"all": true'),
        (b'{"filter": {}}', '"all": true'),
        (b'{"all": false}', '"all": true'),
        (b'{"filter": {"type": null, "source": null}}', '"all": true'),
        (b'{"filter": {"ids": []}}', "`ids` is empty"),
        (b'{"filter": {"ids": []}, "all": true}', "`ids` is empty"),
        (b'{"filter": {"text": ""}}', "`text` is empty"),
        (b'{"filter": {"limit": 5}}', "`limit` is no filter"),
        (b'{"filter": {"since": "\\ud800"}}', "`since` must be a time"),
    ],
)
@pytest.mark.parametrize("verb", ["retry", "replay", "discard"])
async def test_nonsense_is_400_says_what_is_wrong_and_changes_nothing(
    desk: Office, verb: str, body: bytes, what: str
) -> None:
    name = await desk.dead("a")
    status, said = await desk.post(verb, body)
    assert status == 400
    assert what in said["error"]
    assert await desk.state(name) is DEAD
    assert desk.woken == []


@pytest.mark.parametrize("body", [b" " * 70_000, gzip.compress(b" " * 50_000_000)])
async def test_a_huge_body_is_413_small_on_the_wire_or_not(desk: Office, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {RUN}"}
    if body[:2] == b"\x1f\x8b":
        headers["Content-Encoding"] = "gzip"
    assert (await desk.post("retry", body, headers=headers))[0] == 413


async def test_another_path_or_method_is_json_too(desk: Office) -> None:
    assert (await desk.post("nothing", {}))[0] == 404
    url = desk.server.make_url("/api/v1/retry")
    async with desk.session.get(url, headers={"Authorization": f"Bearer {RUN}"}) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert list(await answer.json()) == ["error"]


async def test_a_retry_makes_the_dead_ones_due_that_fit_and_wakes_the_worker(desk: Office) -> None:
    first, second = await desk.dead("a"), await desk.dead("b")
    done = await desk.delivered("c")
    assert (await desk.post("retry", {"all": True, "dry_run": True}))[1] == {"would_retry": 2}
    assert [await desk.state(name) for name in (first, second)] == [DEAD, DEAD]
    assert (await desk.post("retry", {"filter": {"ids": [first]}}))[1] == {"retried": 1, "ids": [first]}
    assert [await desk.state(name) for name in (first, second, done)] == [READY, DEAD, DELIVERED]
    assert len(desk.woken) == 1
    assert (await desk.post("retry", {"all": True}))[1] == {"retried": 1, "ids": [second]}
    assert (await desk.post("retry", {"all": True}))[1] == {"retried": 0, "ids": []}


async def test_only_dead_and_held_deliveries_are_retried_or_discarded(desk: Office) -> None:
    for verb in ("retry", "discard"):
        status, said = await desk.post(verb, {"filter": {"state": "delivered"}})
        assert status == 400
        assert "only dead or held deliveries" in said["error"]


async def test_held_deliveries_are_released_where_the_filter_says_so_and_the_worker_is_woken(desk: Office) -> None:
    dead = await desk.dead("a")
    (held,) = (await desk.journal.append(Plan(event("b"), EventState.PLANNED, (planned("evt_b"),)))).deliveries
    await desk.journal.hold("restored", NOW)
    wanted = {"filter": {"state": "held"}}
    assert (await desk.post("retry", wanted | {"dry_run": True}))[1] == {"would_retry": 1}
    assert desk.woken == []
    assert (await desk.post("retry", wanted))[1] == {"retried": 1, "ids": [held.id]}
    assert [await desk.state(name) for name in (dead, held.id)] == [DEAD, READY]
    assert len(desk.woken) == 1


async def test_what_is_discarded_is_dead_unless_the_filter_says_held_and_keeps_the_note(desk: Office) -> None:
    dead, other = await desk.dead("a"), await desk.dead("b")
    (held,) = (await desk.journal.append(Plan(event("c"), EventState.PLANNED, (planned("evt_c"),)))).deliveries
    await desk.journal.hold("restored", NOW)
    assert (await desk.post("discard", {"all": True, "dry_run": True}))[1] == {"would_discard": 2}
    assert (await desk.post("discard", {"filter": {"ids": [dead]}, "note": " gone "}))[1] == {"discarded": 1}
    assert [await desk.state(name) for name in (dead, other, held.id)] == [DISCARDED, DEAD, HELD]
    ended = await desk.journal.delivery(dead)
    assert ended is not None
    assert ended.reason == "discarded: gone"
    assert (await desk.post("discard", {"filter": {"state": "held"}, "note": "old"}))[1] == {"discarded": 1}
    assert [await desk.state(name) for name in (other, held.id)] == [DEAD, DISCARDED]
    assert (await desk.post("discard", {"filter": {"ids": [dead]}, "note": "again"}))[1] == {"discarded": 0}


@pytest.mark.parametrize(
    ("note", "what"),
    [
        (None, "`note` must be a text"),
        (7, "`note` must be a text"),
        ("", "is needed"),
        (" ", "is needed"),
        ("x" * 1001, "longer than 1000"),
    ],
)
async def test_nothing_is_discarded_without_a_note_that_can_be_kept(desk: Office, note: Any, what: str) -> None:
    dead = await desk.dead("a")
    status, said = await desk.post("discard", {"all": True, "note": note})
    assert status == 400
    assert what in said["error"]
    assert await desk.state(dead) is DEAD


async def test_a_replay_leaves_out_what_was_delivered_unless_asked_again(desk: Office) -> None:
    done, dead = await desk.delivered("a"), await desk.dead("b")
    _, said = await desk.post("replay", {"all": True, "dry_run": True})
    assert (said["events"], said["deliveries"], said["left_out"]) == (2, 1, 1)
    assert await desk.state(dead) is DEAD
    said = await desk.replayed({"all": True})
    assert (said["events"], said["deliveries"], said["left_out"]) == (2, 1, 1)
    assert await desk.state(dead) is DISCARDED
    assert desk.woken
    said = await desk.replayed({"filter": {"ids": ["evt_a"]}, "again": True})
    assert (said["events"], said["deliveries"], said["repeats"]) == (1, 1, 1)
    assert said["destinations"] == {"slack": {"deliveries": 1, "repeats": 1, "host": "hooks.slack.example"}}
    assert await desk.state(done) is DELIVERED


async def test_a_replay_is_told_of_by_its_id_and_in_the_list(desk: Office) -> None:
    await desk.dead("a")
    status, said = await desk.post("replay", {"all": True, "route": "welcome", "action": "slack"})
    assert (status, said["state"]) == (202, "running")
    assert said["asked"]["route"] == "welcome"
    ended = await desk.replayed({"all": True, "again": True})
    status, text = await desk.get("/api/v1/replays", headers=OPEN)
    assert (status, [one["replay"] for one in json.loads(text)["replays"]]) == (
        200,
        sorted([said["replay"], ended["replay"]], reverse=True),
    )
    status, text = await desk.get(f"/api/v1/replays/{ended['replay']}", headers=OPEN)
    assert (status, json.loads(text)) == (200, ended)


async def test_a_replay_is_cancelled_by_its_id(desk: Office) -> None:
    await desk.delivered("a")
    ended = await desk.replayed({"all": True})
    status, said = await desk.post(f"replays/{ended['replay']}/cancel")
    assert (status, said) == (200, ended), "one that is over stays so"
    for path in ("rpl_nope/cancel", "%2e%2e/cancel"):
        status, said = await desk.post(f"replays/{path}")
        assert (status, list(said)) == (404, ["error"])
    assert (await desk.get("/api/v1/replays/rpl_nope", headers=OPEN))[0] == 404


@pytest.mark.parametrize("path", ["replays", "replays/rpl_a"])
async def test_how_replays_stand_is_told_with_the_token_only(desk: Office, path: str) -> None:
    assert (await desk.get(f"/api/v1/{path}"))[0] == 401
    assert (await desk.get(f"/api/v1/{path}", headers={"Authorization": "Bearer x"}))[0] == 401


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"route": "welcom"}, "did you mean `welcome`?"),
        ({"route": "other", "action": "slack"}, "the route `other` has no action `slack`"),
        ({"route": 1}, "`route` must be a text"),
        ({"action": ""}, "`action` must be a text"),
        ({"again": "yes"}, "`again` must be true or false"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_route_or_action_that_there_is_not_is_400(
    desk: Office, asked: dict[str, Any], what: str, dry_run: bool
) -> None:
    status, said = await desk.post("replay", {"all": True, "dry_run": dry_run} | asked)
    assert (status, what in said["error"]) == (400, True), said
    assert json.loads((await desk.get("/api/v1/replays", headers=OPEN))[1]) == {"replays": []}


async def test_a_replay_that_a_restart_has_interrupted_goes_on_with_the_listener(tmp_path: Path) -> None:
    async with office(tmp_path / "router.db") as desk:
        dead = await desk.dead("a")
        asked = {"filter": {"type": "*"}}
        await desk.journal.save_replay(StoredReplay("rpl_x", asked, {}, None, "running", NOW))
    async with office(tmp_path / "router.db") as desk:
        said: dict[str, Any] = {"state": "running"}
        while said["state"] == "running":
            said = json.loads((await desk.get("/api/v1/replays/rpl_x", headers=OPEN))[1])
        assert (said["state"], said["deliveries"]) == ("done", 1)
        assert await desk.state(dead) is DISCARDED


async def test_a_journal_that_does_not_answer_is_an_answer_not_a_traceback(
    desk: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.journal.close()
    for verb, more in (("retry", {}), ("replay", {}), ("discard", {"note": "n"})):
        status, said = await desk.post(verb, {"all": True} | more)
        assert (status, "closed" in said["error"]) == (422, True)
    assert (await desk.get("/metrics"))[0] == 200
    assert "Traceback" not in caplog.text


async def test_hostile_values_in_a_filter_find_nothing(desk: Office) -> None:
    await desk.dead("a")
    hostile: list[dict[str, Any]] = [
        {"text": "\ud800"},
        {"route": "\x00"},
        {"ids": ["'; drop table events; --"]},
        {"type": "*a" * 5000},
        {"since": "9999-12-31T23:59:59-23:59"},
        {"until": "0001-01-01T00:00:00+23:59"},
    ]
    for wanted in hostile:
        status, said = await desk.post("retry", json.dumps({"filter": wanted}).encode())
        assert (status, said) == (200, {"retried": 0, "ids": []}), wanted
