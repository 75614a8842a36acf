"""The contract that every shipped action keeps; `cases.py` says how each is driven."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import traceback
from collections.abc import Iterable
from typing import Any

import pydantic
import pytest

from router.errors import DeliveryError
from router.plugin import Action, Model, Retry, Use
from tests.plugins.cases import Case, Stage
from tests.plugins.stage import delivery


def assert_well_made(action: type[Action[Any, Any]]) -> None:
    """Models are frozen and closed, everything is explained, and there is one verb."""
    assert (action.__doc__ or "").strip().endswith("."), "the class needs a docstring of whole sentences"
    for model in _models(action.Config, action.Params):
        assert issubclass(model, Model), f"{model.__name__} is no router.plugin.Model"
        assert model.model_config["frozen"] is True
        assert model.model_config["extra"] == "forbid"
    assert _verbs(action) == _verbs(Action), "an action has no verb but those of the plugin API"
    assert inspect.iscoroutinefunction(action.open)
    assert inspect.iscoroutinefunction(action.close)


def assert_explained(action: type[Action[Any, Any]]) -> None:
    """Each field of Config and Params says what it is: the reference page is made of that."""
    mute = [
        f"{model.__name__}.{name}"
        for model in _models(action.Config, action.Params)
        for name, field in model.model_fields.items()
        if not field.description
    ]
    assert mute == []


def assert_config_error_keeps_secrets(action: type[Action[Any, Any]], case: Case) -> None:
    """A faulty setting is refused, and the refusal does not quote it."""
    with pytest.raises(pydantic.ValidationError) as refused:
        action.Config.model_validate(dict(case.bad_config))
    _assert_none_of((*case.secrets, "p4ssw0rd-GhJkL"), str(refused.value))


async def assert_delivers(stage: Stage, case: Case) -> None:
    """An attempt has its effect; its facts are JSON, small, and hold no secret."""
    facts = await stage.action.execute(stage.params, delivery())
    assert stage.effects() == 1
    written = json.dumps(dict(facts or {}))
    assert len(written) < 16_384
    _assert_none_of(case.secrets, written)


async def assert_classifies(stage: Stage, case: Case, order: str, caplog: pytest.LogCaptureFixture) -> None:
    """A misbehaving destination is judged rightly, no error or log holds a secret, and the next attempt works."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    stage.misbehave(order)
    expected = case.outcomes[order]
    if expected is None:
        facts = await stage.action.execute(stage.params, delivery())
        _assert_none_of(case.secrets, json.dumps(dict(facts or {})))
    else:
        with pytest.raises(DeliveryError) as raised:
            await stage.action.execute(stage.params, delivery())
        assert isinstance(raised.value, expected), raised.value.reason
        if isinstance(raised.value, Retry):
            assert raised.value.throttled == (order == "throttle"), "only a 429 costs no attempt"
            assert order != "throttle" or raised.value.after == 7
        _assert_none_of(case.secrets, "".join(traceback.format_exception(raised.value)))
        assert raised.value.reason.strip()
        assert len(raised.value.reason) < 2000
    _assert_none_of(case.secrets, caplog.text)


async def assert_cancellable(stage: Stage) -> None:
    """An attempt that is cancelled ends at once, and the action goes on working."""
    stage.hang()
    attempt = asyncio.ensure_future(stage.action.execute(stage.params, delivery()))
    await stage.hanging()
    assert not attempt.done()
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt
    stage.effects()  # gives free what hung
    await stage.action.execute(stage.params, delivery(attempt=2))
    assert stage.effects() >= 1


async def assert_ends_in_time(stage: Stage) -> None:
    """A timeout around an attempt ends it: nothing swallows the cancellation or takes it for an answer."""
    stage.hang()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await stage.action.execute(stage.params, delivery())
    stage.effects()


async def assert_repeats_safely(stage: Stage, case: Case) -> None:
    """A second attempt of one delivery is fine, and where the destination can tell, has no second effect."""
    first = await stage.action.execute(stage.params, delivery())
    again = await stage.action.execute(stage.params, delivery(attempt=2))
    assert type(first) is type(again)
    if case.repeats:
        assert stage.effects() == 1


async def assert_probes(stage: Stage, case: Case) -> None:
    """A probe says that a good destination is good; it sends nothing, and tells no secret."""
    found = await stage.action.probe([Use("welcome", "notice", case.written)])
    assert found is not None
    assert found.said.strip()
    assert [finding for finding in found.findings if not finding.warning] == []
    assert stage.effects() == 0
    _assert_none_of(case.secrets, str(found))


async def assert_probe_keeps_secrets(
    stage: Stage, case: Case, order: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a destination answers, a probe ends with a finding, Retry or Permanent, without a secret in it."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    stage.misbehave(order)
    try:
        told = str(await stage.action.probe([]))
    except DeliveryError as error:
        told = "".join(traceback.format_exception(error))
    assert told.strip()
    _assert_none_of(case.secrets, told + caplog.text)


async def assert_probe_cancellable(stage: Stage) -> None:
    """A probe that is cancelled while its destination is silent ends at once."""
    stage.hang()
    probe = asyncio.ensure_future(stage.action.probe([]))
    waiting = asyncio.ensure_future(stage.hanging())
    await asyncio.wait({probe, waiting}, return_when=asyncio.FIRST_COMPLETED)  # some ask nothing that could hang
    waiting.cancel()
    if not probe.done():
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
    stage.effects()  # gives free what hung


def _verbs(action: type[Any]) -> set[str]:
    return {
        name
        for name, member in inspect.getmembers(action, inspect.isfunction)
        if not name.startswith("_") and "delivery" in inspect.signature(member).parameters
    }


def _models(*found: type[pydantic.BaseModel]) -> Iterable[type[pydantic.BaseModel]]:
    """Yield the models and those that their fields are made of."""
    seen: dict[type[pydantic.BaseModel], None] = {}
    waiting: list[Any] = list(found)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
            if kind not in seen:
                seen[kind] = None
                waiting += [field.annotation for field in kind.model_fields.values()]
        else:
            waiting += getattr(kind, "__args__", ())
    return seen


def _assert_none_of(secrets: Iterable[str], text: str) -> None:
    for secret in secrets:
        assert secret not in text, "a secret leaked"
