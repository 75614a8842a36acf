"""The servers that some tests need: their addresses, and what to do where there are none."""

from __future__ import annotations

import os

import pytest


def needed(variable: str, what: str) -> str:
    """Return the address of a server; skip the test, with the reason, where its variable is unset.

    With ROUTER_TEST_SERVERS=required a missing server fails the test instead.
    """
    address = os.environ.get(variable, "")
    if not address:
        reason = f"{variable} is not set: it names {what}"
        if os.environ.get("ROUTER_TEST_SERVERS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return address
