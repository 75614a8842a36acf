"""Tests of the journal."""

import pytest

pytest.register_assert_rewrite(
    "tests.journal.contract",
    "tests.journal.contract_again",
    "tests.journal.contract_batches",
    "tests.journal.contract_keeping",
    "tests.journal.contract_lanes",
    "tests.journal.contract_listing",
    "tests.journal.contract_suspects",
    "tests.journal.values",
)
