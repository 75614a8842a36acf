"""Tests of the journal."""

import pytest

pytest.register_assert_rewrite(
    "tests.journal.contract",
    "tests.journal.contract_again",
    "tests.journal.contract_listing",
    "tests.journal.values",
)
