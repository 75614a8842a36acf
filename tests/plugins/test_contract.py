"""Runs the contract over every shipped action; a new one without a case fails here."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.registry import load_registry
from tests.plugins import contract
from tests.plugins.cases import CASES, Case
from tests.plugins.stage import action_class

SHIPPED = sorted(load_registry(entry_points=False).actions)
DRIVEN = [pytest.param(case, id=name) for name, case in CASES.items() if case.action in SHIPPED]
JUDGED = [
    pytest.param(case, order, id=f"{name}-{order}")
    for name, case in CASES.items()
    for order in case.outcomes
    if case.action in SHIPPED
]


def test_every_shipped_action_has_a_case() -> None:
    assert {case.action for case in CASES.values()} >= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_an_action_is_well_made(name: str) -> None:
    contract.assert_well_made(action_class(name))


@pytest.mark.parametrize("name", SHIPPED)
def test_each_field_of_an_action_is_explained(name: str) -> None:
    contract.assert_explained(action_class(name))


@pytest.mark.parametrize("case", DRIVEN)
def test_a_faulty_config_is_refused_without_its_secrets(case: Case) -> None:
    contract.assert_config_error_keeps_secrets(action_class(case.action), case)


@pytest.mark.parametrize("case", DRIVEN)
async def test_an_attempt_delivers_and_its_facts_hold_no_secret(case: Case, tmp_path: Path) -> None:
    async with case.stage(tmp_path) as stage:
        await contract.assert_delivers(stage, case)


@pytest.mark.parametrize(("case", "order"), JUDGED)
async def test_a_misbehaving_destination_is_judged_without_a_leak(
    case: Case, order: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with case.stage(tmp_path) as stage:
        await contract.assert_classifies(stage, case, order, caplog)


@pytest.mark.parametrize("case", DRIVEN)
async def test_a_cancelled_attempt_ends_and_leaves_the_action_usable(case: Case, tmp_path: Path) -> None:
    async with case.stage(tmp_path) as stage:
        await contract.assert_cancellable(stage)


@pytest.mark.parametrize("case", DRIVEN)
async def test_a_timeout_ends_an_attempt(case: Case, tmp_path: Path) -> None:
    async with case.stage(tmp_path) as stage:
        await contract.assert_ends_in_time(stage)


@pytest.mark.parametrize("case", DRIVEN)
async def test_a_repeated_attempt_does_no_harm(case: Case, tmp_path: Path) -> None:
    async with case.stage(tmp_path) as stage:
        await contract.assert_repeats_safely(stage, case)


@pytest.mark.parametrize("case", DRIVEN)
async def test_a_probe_finds_a_good_destination_good_and_sends_nothing(case: Case, tmp_path: Path) -> None:
    async with case.stage(tmp_path) as stage:
        await contract.assert_probes(stage, case)


@pytest.mark.parametrize(("case", "order"), JUDGED)
async def test_a_probe_of_a_misbehaving_destination_leaks_nothing(
    case: Case, order: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with case.stage(tmp_path) as stage:
        await contract.assert_probe_keeps_secrets(stage, case, order, caplog)


@pytest.mark.parametrize("case", DRIVEN)
async def test_a_cancelled_probe_ends(case: Case, tmp_path: Path) -> None:
    async with case.stage(tmp_path) as stage:
        await contract.assert_probe_cancellable(stage)
