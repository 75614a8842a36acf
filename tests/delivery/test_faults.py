"""Reasons of exceptions: short, and without addresses."""

from __future__ import annotations

import asyncio
import errno

import aiohttp
import pytest

from router.delivery.faults import LONGEST_REASON, expected, reason_of
from router.errors import Permanent, Retry


class Odd(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


class Deadly(Exception):
    def __str__(self) -> str:
        raise SystemExit(9)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Retry("HTTP 503:\n busy"), "HTTP 503: busy"),
        (Permanent(""), "Permanent"),
        (Permanent("a\x1b[31m\u2028b\x85c\ud800"), r"a\x1b[31m b c\ud800"),
        (ValueError("x"), "ValueError: x"),
        (KeyError(), "KeyError"),
        (SystemExit(3), "SystemExit: 3"),
        (Odd(), "Odd (its text cannot be read)"),
        (Deadly(), "Deadly (its text cannot be read)"),
        (asyncio.CancelledError(), "CancelledError: the action cancelled itself"),
        (TimeoutError("http://u:password@host/secret"), "TimeoutError"),
        (aiohttp.InvalidURL("http://host/secret"), "InvalidURL"),
        (aiohttp.ServerDisconnectedError("http://host/secret"), "ServerDisconnectedError"),
        (OSError(errno.ENOSPC, "http://host/secret", "/secret"), "OSError: No space left on device"),
    ],
)
def test_a_reason_is_one_line_and_holds_no_address(error: BaseException, reason: str) -> None:
    assert reason_of(error) == reason


async def test_an_unreachable_host_is_named_without_path_and_query(unused_tcp_port: int) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientError) as caught:
            await http.get(f"http://127.0.0.1:{unused_tcp_port}/services/T0/secret?token=secret")
    expected_reason = (
        f"ClientConnectorError: 127.0.0.1:{unused_tcp_port} (ConnectionRefusedError: Connection refused)"
    )
    assert reason_of(caught.value) == expected_reason
    assert expected(caught.value)


def test_a_long_reason_is_cut() -> None:
    assert len(reason_of(ValueError("x" * 5000))) == LONGEST_REASON


def test_only_bugs_deserve_a_traceback() -> None:
    assert all(
        map(expected, (Retry(""), Permanent(""), TimeoutError(), aiohttp.ClientError(), ConnectionResetError()))
    )
    assert not any(map(expected, (TypeError(), MemoryError(), SystemExit(), asyncio.CancelledError())))
