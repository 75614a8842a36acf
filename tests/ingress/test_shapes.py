"""Requests of many events, forms, addresses and answers of a source's own, over real HTTP."""

from __future__ import annotations

import json
from ipaddress import ip_network

from router.errors import JournalUnwritable
from router.journal.journal import Appended
from router.model import Plan
from tests.ingress.conftest import Start
from tests.ingress.server import Running, request_bytes
from tests.ingress.test_ingress import post
from tests.sources.build import compiled

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def with_source(served: Running, keys: str) -> str:
    """Let the server have one source, `app`; return its path."""
    sources, problems = compiled(f"app: {{verify: none, {keys}}}")
    assert not problems.errors
    served.rules.sources = sources
    return "/webhooks/app"


async def test_an_array_of_events_is_stored_at_once_and_answered_once(served: Running) -> None:
    path = with_source(served, "split: $, id: $.id, type: $.event")
    body = b'[{"id": 1, "event": "open"}, {"id": 2, "event": "click"}, {"id": 1, "event": "open"}]'
    status, said, _ = await post(served, path, body)
    assert [(event.id, event.type) for event in served.events] == [("1", "open"), ("2", "click")]
    assert (status, said) == (
        202,
        {"events": [event.uid for event in served.events], "duplicates": 1, "deliveries": 0},
    )
    status, said, _ = await post(served, path, body)
    assert (status, said) == (200, {"events": [], "duplicates": 3, "deliveries": 0})
    assert len(served.events) == 2
    assert [told[0] for told in served.observer.accepted_events if not told[1]] == ["1", "2"]


async def test_an_empty_array_is_answered_and_nothing_is_stored(served: Running) -> None:
    path = with_source(served, "split: $, id: $.id")
    status, said, _ = await post(served, path, b"[]")
    assert (status, said) == (200, {"events": [], "duplicates": 0, "deliveries": 0})
    assert served.plans == []


async def test_nothing_of_an_array_is_acknowledged_where_it_cannot_be_stored(served: Running) -> None:
    async def full(plan: Plan) -> Appended:
        raise JournalUnwritable("full")

    served.accept = full
    status, _, headers = await post(served, with_source(served, "split: $, id: $.id"), b'[{"id": 1}, {"id": 2}]')
    assert (status, headers["Retry-After"]) == (503, "5")
    assert served.observer.accepted_events == []


async def test_too_many_events_are_413(served: Running) -> None:
    path = with_source(served, "split: $, id: $.id")
    status, _, _ = await post(served, path, json.dumps([1] * 1001).encode())
    assert status == 413
    assert "more than 1000 events" in served.reason
    assert served.plans == []


async def test_what_the_events_of_a_request_take_is_counted_against_what_may_wait(start: Start) -> None:
    served = await start(max_waiting=20_000)
    path = with_source(served, "split: $.events, id: $.id")
    body = json.dumps({"note": "x" * 5000, "events": list(range(10))}).encode()
    status, _, headers = await post(served, path, body)
    assert (status, headers["Retry-After"]) == (429, "5")
    assert served.ingress is not None
    assert served.ingress.waiting.bytes == 0


async def test_a_form_becomes_an_event_and_a_broken_one_is_400(served: Running) -> None:
    path = with_source(served, "id: $.trigger_id, type: $.command")
    status, _, _ = await post(served, path, b"command=%2Fdeploy&text=web&trigger_id=7", FORM)
    (event,) = served.events
    assert (status, event.id, event.type, event.data["text"]) == (202, "7", "/deploy", "web")
    assert (await post(served, path, b"a=%zz", FORM))[0] == 400


async def test_an_address_that_is_not_allowed_is_403_before_its_body_is_read(served: Running) -> None:
    path = with_source(served, "id: $.id, allow_ips: [10.0.0.0/8]")
    head = request_bytes(path, {}, b"")[: -len("Content-Length: 0\r\n\r\n")] + b"Content-Length: 5000\r\n\r\n"
    status, answer = await served.raw(head)  # the body never comes
    assert status == 403
    assert b'{"error": "not allowed"}' in answer
    assert served.plans == []
    assert served.observer.requests == [None]
    assert (await post(served, path, None, method="PUT"))[0] == 405


async def test_the_address_that_a_trusted_proxy_names_counts(start: Start) -> None:
    served = await start(trusted_proxies=(ip_network("127.0.0.0/8"),))
    path = with_source(served, "id: $.id, allow_ips: [192.0.2.0/24]")
    assert (await post(served, path, b"{}", {"X-Forwarded-For": "192.0.2.1"}))[0] == 202
    assert (await post(served, path, b"{}", {"X-Forwarded-For": "192.0.2.1, 198.51.100.1"}))[0] == 403


async def test_nobody_can_name_an_allowed_address_without_a_trusted_proxy(served: Running) -> None:
    path = with_source(served, "id: $.id, allow_ips: [192.0.2.0/24]")
    assert (await post(served, path, b"{}", {"X-Forwarded-For": "192.0.2.1"}))[0] == 403


async def test_a_source_may_have_an_answer_of_its_own_also_for_duplicates_but_not_for_refusals(
    served: Running,
) -> None:
    path = with_source(served, "id: $.id, respond: {text: '[accepted]', headers: {X-A: b}}")
    for _ in range(2):
        status, answer = await served.raw(request_bytes(path, {}, b'{"id": 1}'))
        assert status == 200
        assert answer.endswith(b"[accepted]")
        assert b"X-A: b\r\n" in answer
        assert b"Content-Type: text/plain; charset=utf-8\r\n" in answer
    assert len(served.events) == 1
    status, answer = await served.raw(request_bytes(path, {}, b"{"))
    assert status == 400
    assert b"accepted" not in answer
