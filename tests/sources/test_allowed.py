"""From where a source accepts requests."""

from __future__ import annotations

import pytest

from tests.sources.build import codes, source


@pytest.mark.parametrize(
    ("listed", "address", "fits"),
    [
        ("[10.0.0.0/8]", "10.1.2.3", True),
        ("[10.0.0.0/8]", "11.1.2.3", False),
        ("[10.0.0.0/8, 192.0.2.7]", "192.0.2.7", True),
        ("10.0.0.7/8", "10.1.2.3", True),
        ("['2001:db8::/32']", "2001:db8::1%eth0", True),
        ("[10.0.0.0/8]", "::ffff:10.1.2.3", True),
        ("[10.0.0.0/8, '']", "10.1.2.3", True),
        ("[10.0.0.0/8]", None, False),
        ("[10.0.0.0/8]", "unknown", False),
    ],
)
def test_an_address_is_allowed_where_a_network_holds_it(listed: str, address: str | None, fits: bool) -> None:
    assert source(f"s: {{verify: none, id: $.id, allow_ips: {listed}}}").allows(address) is fits


def test_without_a_list_anybody_may_send() -> None:
    assert source("s: {verify: none, id: $.id}").allows(None)


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ("[]", "empty-list"),
        ("['']", "empty-list"),
        ("[10.0.0.0/33]", "wrong-value"),
        ("[example.com]", "wrong-value"),
        ("{a: 1}", "wrong-type"),
    ],
)
def test_a_mistake_is_told_and_never_lets_anybody_in(listed: str, code: str) -> None:
    assert codes(f"s: {{verify: none, id: $.id, allow_ips: {listed}}}") == [code]
