"""What `check --connect` learns of an app or an API, without calling it."""

from __future__ import annotations

import pytest

from router.plugin import Probed, Use
from tests.plugins.stage import opened
from tests.ports import free_port
from tests.vendors.app import AppVendor
from tests.vendors.oauth2 import TokenVendor


async def probe(config: dict[str, object], *uses: Use) -> Probed | None:
    async with opened("http", config) as action:
        found: Probed | None = await action.probe(uses)
    return found


async def test_the_host_is_reached_and_sent_nothing() -> None:
    async with AppVendor() as app:
        found = await probe({"base_url": app.url, "auth": {"bearer": "tok-5Xw9QeRt7UzIo"}})
        assert found == Probed(f"{app.url.removeprefix('http://')} answers, and was sent nothing", [])
        assert app.received == []


async def test_a_closed_port_is_unreachable_at_the_base_url() -> None:
    port = free_port()
    found = await probe({"base_url": f"http://127.0.0.1:{port}"})
    assert found is not None
    (finding,) = found.findings
    assert finding.message == f"no connection to 127.0.0.1:{port}: nothing listens there"
    assert finding.unreachable
    assert finding.path == ("base_url",)


async def test_the_hosts_of_constant_addresses_are_reached_once_each() -> None:
    async with AppVendor() as app:
        port = free_port()
        gone = Use("a", "one", {"url": f"http://127.0.0.1:{port}/x/{{{{ data.id }}}}"})
        uses = [
            gone,
            Use("a", "two", {"url": f"http://127.0.0.1:{port}/y"}),
            Use("a", "three", {"url": f"{app.url}/z"}),
            Use("a", "four", {"url": "{{ data.callback }}"}),
        ]
        found = await probe({"allow_hosts": ["127.0.0.1"]}, *uses)
        assert found is not None
        (finding,) = found.findings
        assert finding.use is gone
        assert finding.path == ("url",)
        assert app.received == []


async def test_without_a_constant_host_nothing_is_said() -> None:
    assert await probe({}, Use("a", "b", {"url": "{{ data.callback }}"})) is None


async def test_a_token_is_really_fetched() -> None:
    async with AppVendor() as app, TokenVendor() as tokens:
        found = await probe({"base_url": app.url, "auth": tokens.config()})
        assert found is not None
        assert found.findings == []
        assert "granted a token" in found.said
        assert (tokens.granted, app.received) == (1, [])


async def test_a_refused_client_is_an_error_and_a_token_endpoint_in_trouble_is_unreachable() -> None:
    async with TokenVendor() as tokens:
        tokens.refuse("invalid_client", 401, error_description="unknown client")
        refused = await probe({"auth": tokens.config()})
        tokens.fail(503)
        trouble = await probe({"auth": tokens.config()})
    assert refused is not None
    assert trouble is not None
    (finding,) = refused.findings
    assert finding.path == ("auth", "oauth2", "token_url")
    assert finding.message == "the token endpoint refused the client: invalid_client (unknown client)"
    assert not finding.unreachable
    (finding,) = trouble.findings
    assert finding.unreachable


@pytest.mark.parametrize("said", ["{}", "[]", "no json"])
async def test_an_answer_without_a_token_is_an_error(said: str) -> None:
    async with TokenVendor() as tokens:
        tokens.say(200, said, kind="application/json")
        found = await probe({"auth": tokens.config()})
    assert found is not None
    (finding,) = found.findings
    assert not finding.unreachable
