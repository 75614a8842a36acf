"""Tests of the shipped actions, each driven through its real SDK or driver."""

import pytest

pytest.register_assert_rewrite("tests.plugins.contract")
