"""What the HTTP action refuses before any event: faulty settings, parameters and combinations."""

from __future__ import annotations

import base64
import math
from typing import Any

import pydantic
import pytest

from router.plugin import SourceInfo, Usage
from tests.plugins.stage import action_class, params

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OAUTH2 = {"token_url": "https://auth.acme.dev/token", "client_id": "router", "client_secret": "s3cret"}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"auth": {"bearer": "a", "oauth2": OAUTH2}}, "give one of"),
        ({"auth": {"oauth2": {**OAUTH2, "token_url": "http://auth.acme.dev/token"}}}, "must start with https"),
        ({"auth": {"oauth2": {**OAUTH2, "token_url": "http://127.0.0.1.acme.dev/"}}}, "must start with https"),
        ({"auth": {"oauth2": {**OAUTH2, "token_url": "https://a:b@auth.acme.dev/"}}}, "no user"),
        ({"auth": {"oauth2": {**OAUTH2, "token_url": "https://auth.acme.dev/t#x"}}}, "no fragment"),
        ({"auth": {"oauth2": {**OAUTH2, "token_url": "x"}}}, "address is not valid"),
        ({"auth": {"oauth2": {**OAUTH2, "client_id": ""}}}, "at least 1 character"),
        ({"auth": {"oauth2": {**OAUTH2, "client_secret": ""}}}, "at least 1 item"),
        ({"auth": {"oauth2": {**OAUTH2, "scope": ["a b"]}}}, "one with a blank"),
        ({"auth": {"oauth2": {**OAUTH2, "scope": ["a", ""]}}}, "empty scope"),
        ({"auth": {"oauth2": {**OAUTH2, "scope": "a\nb"}}}, "line break"),
        ({"auth": {"oauth2": {**OAUTH2, "params": {"grant_type": "password"}}}}, "`grant_type` has its own place"),
        ({"auth": {"oauth2": {**OAUTH2, "client_auth": "post"}}}, "'basic' or 'body'"),
        ({"auth": {}}, "give one of"),
        ({"auth": {"bearer": "a", "header": {"name": "X", "value": "b"}}}, "give one of"),
        ({"auth": {"bearer": "a\nb"}}, "line break"),
        ({"auth": {"header": {"name": "X Y", "value": "b"}}}, "no name of a header"),
        ({"headers": {"X": "a\r\nb"}}, "line break"),
        ({"headers": {"Host": "a"}}, "set by the router"),
        ({"secret": "abc"}, "24 to 64 bytes"),
        ({"base_url": "acme.dev"}, "must be an address"),
        ({"base_url": "https://u:p@acme.dev"}, "no user"),
        ({"base_url": "https://acme.dev?x=1"}, "no query"),
    ],
)
def test_a_faulty_destination_is_refused(config: dict[str, Any], said: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=said):
        action_class("http").Config.model_validate(config)


@pytest.mark.parametrize("host", ["127.0.0.1:80", "127.9.9.9", "[::1]:8080", "localhost:3000", "LOCALHOST"])
def test_a_token_endpoint_on_this_machine_needs_no_https(host: str) -> None:
    auth = {"oauth2": {**OAUTH2, "token_url": f"http://{host}/token"}}
    action_class("http").Config.model_validate({"auth": auth})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": "post"}, "Input should be 'GET'"),
        ({"headers": {"A": "1\r\nB: 2"}}, "line break"),
        ({"headers": {"Content-Length": "1"}}, "set by the router"),
        ({"success": ["ok"]}, "no status"),
        ({"success": [99]}, "no status"),
        ({"forward": "again"}, "'resign' or 'original'"),
    ],
)
def test_faulty_parameters_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=said):
        params("http", {"path": "/", **given})


UNSIGNABLE = Usage((SourceInfo("clerk", True), SourceInfo("am", False)))


@pytest.mark.parametrize(
    ("config", "given", "usage", "said"),
    [
        ({"base_url": "http://a"}, {"path": "/x/{{ data.id }}", "json": {}}, Usage(), None),
        ({"base_url": "http://a"}, {"path": "{{ data.path }}"}, Usage(), None),
        ({"base_url": "http://a"}, {}, Usage(), "either `path`"),
        ({"base_url": "http://a"}, {"path": "/", "url": "http://a/"}, Usage(), "either `path`"),
        ({}, {"path": "/"}, Usage(), "needs `base_url`"),
        ({"base_url": "http://a"}, {"path": "x"}, Usage(), "must start with /"),
        ({"base_url": "http://a"}, {"path": "/", "json": {}, "form": {}}, Usage(), "one body is enough"),
        ({"base_url": "http://a"}, {"path": "/", "method": "GET", "json": {}}, Usage(), "a GET has no body"),
        ({"base_url": "http://a"}, {"path": "/", "method": "HEAD", "forward": "resign"}, Usage(), "a HEAD has"),
        ({"base_url": "http://a"}, {"path": "/", "sign": True}, Usage(), "needs `secret`"),
        ({"base_url": "http://a", "secret": SECRET}, {"path": "/", "sign": True}, Usage(), None),
        ({"base_url": "http://a"}, {"path": "/", "sign": True, "forward": "resign"}, Usage(), "its own signature"),
        ({"base_url": "http://a"}, {"path": "/", "forward": "resign"}, UNSIGNABLE, "`am` holds no secret"),
        ({"base_url": "http://a"}, {"path": "/", "forward": "original"}, Usage(retry_span=300), None),
        (
            {"base_url": "http://a"},
            {"path": "/", "forward": "original"},
            Usage(retry_span=301),
            "a shorter `retry`",
        ),
        ({"base_url": "http://a"}, {"path": "/", "forward": "original"}, Usage(delay=1), "no `delay`"),
        ({"base_url": "http://a"}, {"path": "/", "forward": "original"}, Usage(delay=math.inf), "no `delay`"),
        ({"base_url": "http://a"}, {"path": "/", "forward": "original"}, Usage(rate=True), "no `rate`"),
        ({"base_url": "http://a"}, {"path": "/", "forward": "resign"}, Usage(delay=1, rate=True), None),
        ({}, {"url": "https://api.acme.dev/x/{{ data.id }}"}, Usage(), None),
        ({}, {"url": "{{ data.url }}"}, Usage(), "`allow_hosts`"),
        ({}, {"url": "https://{{ data.host }}/x"}, Usage(), "`allow_hosts`"),
        ({}, {"url": "https://api.acme.dev{{ data.x }}"}, Usage(), "`allow_hosts`"),
        ({"allow_hosts": ["b"]}, {"url": "{{ data.url }}"}, Usage(), None),
        ({"base_url": "http://a"}, {"url": "http://b/"}, Usage(), "b is not the destination's"),
        ({"base_url": "http://a"}, {"url": "http://b:99999/"}, Usage(), "not valid"),
        (None, {"path": "/"}, Usage(), None),
    ],
)
def test_check_sees_what_cannot_work(config: Any, given: dict[str, Any], usage: Usage, said: str | None) -> None:
    http = action_class("http")
    made = None if config is None else http.Config.model_validate(config)
    faults = list(http.check(made, given, usage))
    assert (len(faults) == 0) == (said is None), faults
    if said is not None:
        assert said in faults[0].message
        assert faults[0].warning is (given.get("forward") == "original" and "old signature" in faults[0].message)
