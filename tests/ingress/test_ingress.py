"""What the public listener answers, over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import zlib
from ipaddress import ip_network

import aiohttp
import pytest

from router.errors import JournalUnwritable
from router.journal.journal import Appended
from router.model import Event, EventState, Plan
from tests.ingress.conftest import Start
from tests.ingress.server import Running, request_bytes

BODY = json.dumps({"type": "user.created", "data": {"id": "user_1"}, "timestamp": 1772366400000}).encode()


async def post(
    served: Running, path: str, body: object = BODY, headers: dict[str, str] | None = None, method: str = "POST"
) -> tuple[int, dict[str, object], dict[str, str]]:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.request(
            method, served.address + path, data=body, headers=headers, skip_auto_headers=["User-Agent"]
        ) as answer,
    ):
        return answer.status, await answer.json(), {str(key): value for key, value in answer.headers.items()}


def nothing_came_of_it(served: Running, status: int, reason: str) -> None:
    assert served.plans == []
    assert [refusal[1] for refusal in served.observer.refusals] == [status]
    assert reason in served.reason


async def test_a_genuine_event_is_answered_202_with_our_id(served: Running) -> None:
    status, said, _ = await post(served, "/webhooks/clerk?a=1", BODY, served.signed("clerk", BODY))
    (event,) = served.events
    assert (status, said) == (202, {"event": event.uid, "deliveries": 0})
    assert (event.source, event.id, event.type, event.body) == ("clerk", "msg_1", "user.created", BODY)
    assert event.data == {"id": "user_1"}
    assert served.observer.accepted_events == [("msg_1", False, False)]
    assert served.observer.refusals == []


async def test_which_secret_fits_is_told_and_a_refusal_tells_none(served: Running) -> None:
    for number, token in enumerate(("secret", "older", "wrong")):
        await post(served, "/webhooks/token", b'{"id": "%d"}' % number, {"X-T": token})
    await post(served, "/hooks/open", b'{"id": "1"}')
    assert served.observer.secrets == [("token", 1), ("token", 2)]


async def test_the_same_event_again_is_answered_200_with_the_first_ones_id(served: Running) -> None:
    await post(served, "/webhooks/clerk", BODY, served.signed("clerk", BODY))
    status, said, _ = await post(served, "/webhooks/clerk", BODY, served.signed("clerk", BODY))
    assert (status, said) == (200, {"event": served.events[0].uid, "duplicate": True})
    assert len(served.events) == 1
    assert served.observer.accepted_events[-1] == ("msg_1", True, False)


async def test_a_source_says_whether_what_it_sends_again_retries_what_is_dead(served: Running) -> None:
    await post(served, "/hooks/open", b'{"id": "1"}')
    await post(served, "/hooks/calm", b'{"id": "1"}')
    assert served.retry_dead == {"open": True, "calm": False}


async def test_nothing_is_answered_before_the_commit(served: Running) -> None:
    committed = asyncio.Event()

    async def accept(plan: Plan) -> Appended:
        await committed.wait()
        return Appended(plan.event.uid)

    served.accept = accept
    asked = asyncio.ensure_future(post(served, "/hooks/open", b"{}"))
    await asyncio.sleep(0.05)
    assert not asked.done()
    committed.set()
    assert (await asked)[0] == 202


@pytest.mark.parametrize("path", ["/", "/webhooks", "/webhooks/nobody", "/webhooks/clerk/", "/webhooks/open"])
async def test_an_unknown_path_is_404(served: Running, path: str) -> None:
    status, said, _ = await post(served, path)
    assert (status, said) == (404, {"error": "not found"})
    nothing_came_of_it(served, 404, "no source has the path")


async def test_what_others_serve_is_left_to_them(served: Running) -> None:
    async with aiohttp.ClientSession() as session, session.get(served.address + "/healthz") as answer:
        assert await answer.text() == "ok"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PROPFIND"])
async def test_another_method_is_405(served: Running, method: str) -> None:
    status, said, headers = await post(served, "/webhooks/clerk", None, method=method)
    assert (status, said) == (405, {"error": "method not allowed"})
    assert headers["Allow"] == "POST"
    nothing_came_of_it(served, 405, method)


async def test_an_unsigned_request_is_401_and_the_answer_says_not_why(served: Running) -> None:
    status, said, _ = await post(served, "/webhooks/clerk", BODY)
    assert (status, said) == (401, {"error": "not verified"})
    nothing_came_of_it(served, 401, "the header `svix-id` is missing")
    assert served.observer.requests[0] is not None


async def test_a_changed_body_is_401(served: Running) -> None:
    status, said, _ = await post(served, "/webhooks/clerk", BODY + b" ", served.signed("clerk", BODY))
    assert (status, said) == (401, {"error": "not verified"})
    nothing_came_of_it(served, 401, "no signature fits")


async def test_the_signature_is_judged_before_the_body(served: Running) -> None:
    assert (await post(served, "/webhooks/clerk", b"{", served.signed("clerk", b"}")))[0] == 401
    assert (await post(served, "/webhooks/clerk", b"{", served.signed("clerk", b"{")))[0] == 400


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b"[" * 4000 + b"]" * 4000, "deeper"),
        (b"\xff", "UTF-8"),
        (b"9" * 9000, "digits"),
    ],
)
async def test_a_body_that_is_no_usable_json_is_400(served: Running, body: bytes, reason: str) -> None:
    status, said, _ = await post(served, "/hooks/open", body)
    assert (status, said) == (400, {"error": "bad request"})
    nothing_came_of_it(served, 400, reason)


async def test_json_that_is_nested_100000_deep_is_400(start: Start) -> None:
    served = await start(max_body=1_000_000)
    assert (await post(served, "/hooks/open", b'{"a":' * 100_000 + b"1" + b"}" * 100_000))[0] == 400
    nothing_came_of_it(served, 400, "deeper")


async def test_a_body_that_is_announced_too_large_is_413_at_once(served: Running) -> None:
    head = b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nContent-Length: 99999\r\n\r\n"
    status, _ = await served.raw(head)
    assert status == 413
    nothing_came_of_it(served, 413, "99999 bytes")


async def test_a_chunked_body_that_grows_too_large_is_413(served: Running) -> None:
    async def chunks() -> object:
        for _ in range(11):
            yield b" " * 1000

    status, said, _ = await post(served, "/hooks/open", chunks())
    assert (status, said) == (413, {"error": "the body is too large"})
    nothing_came_of_it(served, 413, "more than 10000")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_body_that_unpacks_too_large_is_413(served: Running, encoding: str) -> None:
    plain = b" " * 50_000_000
    packed = gzip.compress(plain, 1) if encoding == "gzip" else zlib.compress(plain, 1)
    small = packed[:9000]
    status, _, _ = await post(served, "/hooks/open", small, {"Content-Encoding": encoding})
    assert status == 413
    nothing_came_of_it(served, 413, "more than 10000")


async def test_a_source_may_have_its_own_limit(served: Running) -> None:
    body = json.dumps({"a": "x" * 100}).encode()
    assert (await post(served, "/webhooks/small", body, served.signed("small", body)))[0] == 413
    assert (await post(served, "/webhooks/clerk", body, served.signed("clerk", body)))[0] == 202


async def test_a_body_of_exactly_the_limit_is_accepted(served: Running) -> None:
    body = b'{"a": "' + b"x" * (10_000 - 9) + b'"}'
    assert len(body) == 10_000
    assert (await post(served, "/hooks/open", body))[0] == 202


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_body_is_unpacked_before_it_is_verified(served: Running, encoding: str) -> None:
    packed = gzip.compress(BODY) if encoding == "gzip" else zlib.compress(BODY)
    headers = served.signed("clerk", BODY) | {"Content-Encoding": encoding}
    assert (await post(served, "/webhooks/clerk", packed, headers))[0] == 202
    assert served.events[0].body == BODY


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_is_400(
    served: Running, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await post(served, "/hooks/open", b"not packed at all", {"Content-Encoding": encoding}))[0] == 400
    nothing_came_of_it(served, 400, "cannot be unpacked")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize("missing", [1, 6, 12])
async def test_a_packed_body_that_is_cut_is_400(served: Running, missing: int) -> None:
    cut = gzip.compress(BODY)[:-missing]
    status, _, _ = await post(served, "/hooks/open", cut, {"Content-Encoding": "gzip"})
    assert status == 400
    assert served.plans == []


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "\xff"])
async def test_another_content_encoding_is_refused(served: Running, encoding: str) -> None:
    sent = request_bytes("/hooks/open", [("Content-Encoding", encoding.encode("latin-1"))], b"{}")
    status, _ = await served.raw(sent)
    assert status == 415
    assert served.plans == []


async def test_an_unknown_content_encoding_is_415(served: Running) -> None:
    status, said, _ = await post(served, "/hooks/open", b"{}", {"Content-Encoding": "rot13"})
    assert (status, said) == (415, {"error": "unknown content encoding"})
    nothing_came_of_it(served, 415, "content encoding")


async def test_what_follows_a_broken_body_is_no_request(served: Running) -> None:
    first = request_bytes("/hooks/open", [("Content-Encoding", "gzip")], b"{}")
    status, answer = await served.raw(first + request_bytes("/hooks/open", [], b"{}"))
    assert status == 400
    assert b"connection: close" in answer.lower()


async def test_a_slow_body_is_408(start: Start) -> None:
    served = await start(body_timeout=0.05)
    status, answer = await served.raw(b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nContent-Length: 10\r\n\r\n{")
    assert status == 408
    assert b"too slowly" in answer
    nothing_came_of_it(served, 408, "within 0.05 s")


async def test_a_sender_that_hangs_up_leaves_nothing_behind(
    served: Running, caplog: pytest.LogCaptureFixture
) -> None:
    for head in (b"Content-Length: 10\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{"):
        await served.raw(b"POST /hooks/open HTTP/1.1\r\nHost: r\r\n" + head, close=True)
    assert (await post(served, "/hooks/open", b"{}"))[0] == 202
    assert len(served.plans) == 1
    assert served.observer.refusals == []
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.INFO] == []


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nContent-Length: abc\r\n\r\n",
        b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nX: a\x00b\r\n\r\n",
        b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}1",
    ],
)
async def test_malformed_http_is_a_4xx_and_at_most_a_line_of_log(
    served: Running, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    status, _ = await served.raw(sent)
    assert 400 <= status < 500
    assert served.plans == []
    told = [record for record in caplog.records if record.levelno > logging.INFO]
    assert len(told) <= 1
    assert all(record.levelno == logging.WARNING and not record.exc_info for record in told)


async def test_a_doubled_signature_header_is_401(served: Running) -> None:
    for name in ("svix-id", "svix-timestamp", "svix-signature"):
        headers = served.signed("clerk", BODY)
        sent = request_bytes("/webhooks/clerk", [*headers.items(), (name.upper(), headers[name])], BODY)
        assert (await served.raw(sent))[0] == 401
        assert f"`{name}` stands 2 times" in served.reason
    assert served.plans == []


@pytest.mark.parametrize("value", [b"v1,\xe9\xff", "v1,Ünïcode".encode(), b"garbage", b"v1,a,b", b"\xff"])
async def test_odd_bytes_in_a_signature_are_401(served: Running, value: bytes) -> None:
    headers = [*(served.signed("clerk", BODY) | {"svix-signature": ""}).items()]
    changed = [(name, value if name == "svix-signature" else text) for name, text in headers]
    status, answer = await served.raw(request_bytes("/webhooks/clerk", changed, BODY))
    assert status == 401
    assert answer.endswith(b'{"error": "not verified"}')
    nothing_came_of_it(served, 401, "`svix-signature`")


async def test_odd_bytes_in_other_headers_and_the_query_do_no_harm(served: Running) -> None:
    sent = request_bytes("/hooks/open?a=%ff&b=%00", [("User-Agent", b"caf\xe9"), ("X-A", b"\xff")], b"{}")
    assert (await served.raw(sent))[0] == 202
    assert served.events[0].headers == (("User-Agent", "caf?"),)


@pytest.mark.parametrize("error", [JournalUnwritable("the disk is full"), ValueError("odd"), OSError("broken")])
async def test_what_cannot_be_stored_is_503_and_asks_to_try_again(served: Running, error: Exception) -> None:
    async def accept(plan: Plan) -> Appended:
        raise error

    served.accept = accept
    status, said, headers = await post(served, "/hooks/open", b"{}")
    assert status == 503
    assert said == {"error": "cannot accept events now, try again later"}
    assert headers["Retry-After"] == "5"
    nothing_came_of_it(served, 503, "")
    assert served.observer.accepted_events == []


async def test_a_commit_that_takes_too_long_is_503_and_still_counts(start: Start) -> None:
    served = await start(ack_timeout=0.02)
    release, committed = asyncio.Event(), asyncio.Event()

    async def accept(plan: Plan) -> Appended:
        await release.wait()
        committed.set()
        return Appended(plan.event.uid)

    served.accept = accept
    assert (await post(served, "/hooks/open", b"{}"))[0] == 503
    assert "not committed" in served.reason
    release.set()
    await committed.wait()
    await asyncio.sleep(0)
    assert len(served.observer.accepted_events) == 1


async def test_a_request_that_begins_while_the_process_ends_is_503_and_ends_its_connection(
    served: Running,
) -> None:
    await served.end()
    status, answer = await served.raw(request_bytes("/hooks/open", [], b"{}"))
    assert status == 503
    assert b"connection: close" in answer.lower()
    assert b"retry-after: 5" in answer.lower()
    nothing_came_of_it(served, 503, "the process ends")


async def test_a_request_that_began_before_the_end_is_accepted_and_ends_its_connection(served: Running) -> None:
    async def accept(plan: Plan) -> Appended:
        await served.end()
        return Appended(plan.event.uid)

    served.accept = accept
    status, answer = await served.raw(request_bytes("/hooks/open", [], b"{}"))
    assert status == 202
    assert b"connection: close" in answer.lower()


async def test_a_body_that_is_still_to_come_when_the_process_ends_is_503_at_once(served: Running) -> None:
    head = b"POST /hooks/open HTTP/1.1\r\nHost: r\r\nContent-Length: 10\r\n\r\n{"
    assert served.ingress is not None
    asked = asyncio.ensure_future(served.raw(head))
    async with asyncio.timeout(30):
        while not served.ingress.waiting.bytes:
            await asyncio.sleep(0.005)
    await served.end()
    status, answer = await asked
    assert status == 503
    assert b"connection: close" in answer.lower()
    nothing_came_of_it(served, 503, "the process ends")


async def test_an_event_whose_planning_raises_is_kept(served: Running) -> None:
    def broken(event: Event) -> Plan:
        raise RuntimeError("a bug")

    served.rules.planned = broken
    assert (await post(served, "/hooks/open", b"{}"))[0] == 202
    assert served.plans[0].state is EventState.PLAN_FAILED
    assert "RuntimeError" in str(served.plans[0].reason)


async def test_a_refusal_is_one_line_of_log_without_the_body(
    served: Running, caplog: pytest.LogCaptureFixture
) -> None:
    await post(served, "/webhooks/clerk", b"the body")
    await post(served, "/webhooks/a%0Ab", b"{}")
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(lines) == 2
    assert all("\n" not in line and "the body" not in line for line in lines)
    assert lines[0].startswith("refused 401: source clerk, from 127.0.0.1: ")


async def test_a_token_is_checked_and_not_kept(served: Running) -> None:
    assert (await post(served, "/webhooks/token", b"{}", {"X-T": "wrong"}))[0] == 401
    assert (await post(served, "/webhooks/token", b"{}", {"X-T": "secret", "User-Agent": "u"}))[0] == 202
    assert ("X-T", "secret") not in served.events[0].headers


async def test_only_a_trusted_proxy_may_name_the_sender(start: Start) -> None:
    for proxies, expected in (((), "127.0.0.1"), ((ip_network("127.0.0.0/8"),), "192.0.2.7")):
        served = await start(trusted_proxies=proxies)
        await post(served, "/webhooks/clerk", b"{}", {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"})
        refused = served.observer.requests[0]
        assert refused is not None
        assert refused.remote == expected


async def test_a_request_is_handed_over_as_it_came(served: Running) -> None:
    await post(served, "/webhooks/clerk?x=1&x=2&y=%20", b"{}", {"X-One": "a"})
    asked = served.observer.requests[0]
    assert asked is not None
    assert (asked.method, asked.path, asked.body) == ("POST", "/webhooks/clerk", b"{}")
    assert asked.query == (("x", "1"), ("x", "2"), ("y", " "))
    assert ("X-One", "a") in asked.headers


async def test_new_rules_hold_for_the_next_request(served: Running) -> None:
    served.rules.sources = {}
    assert (await post(served, "/hooks/open", b"{}"))[0] == 404
