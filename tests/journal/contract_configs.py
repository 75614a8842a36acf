"""What every journal promises of the configurations that it keeps; used as contract.py is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from router.journal.journal import EventFilter, Journal, StoredConfig
from tests.journal.contract_keeping import swept
from tests.journal.values import NOW, Clock, Reopen, attempt, later, plan, planned

A, B, C = "a" * 64, "ab" * 32, "c" * 64
DAY = 86400.0


def config(digest: str = A, at: datetime = NOW, **changes: Any) -> StoredConfig:
    """Return a configuration of two files."""
    values: dict[str, Any] = {
        "digest": digest,
        "root": "/etc/router",
        "files": {"routes.yaml": "routes: []\nvars: {a: '${A:-ä}'}\n", "mail.html": "<b>{{ data.name }}</b>\r\n"},
        "variables": {"A": "", "SECRET": "0f3a", "file:key": "beef"},
        "first_used_at": at,
        "read": ("routes.yaml",),
    }
    return StoredConfig(**(values | changes))


async def test_a_configuration_comes_back_whole_by_its_digest_or_the_beginning_of_it(journal: Journal) -> None:
    await journal.save_config(config())
    assert await journal.config(A) == config()
    assert await journal.config("aaaaaaaaaaaa") == config()
    for other in (C, "", "%", "_" * 64, "A" * 64, A + "a", "x'); drop table configs; --", "\0", "\udcff"):
        assert await journal.config(other) is None, other


async def test_of_two_that_begin_alike_the_one_in_force_last_is_meant(journal: Journal, clock: Clock) -> None:
    await journal.save_config(config(B))
    clock.now = later(1)
    await journal.save_config(config(A))
    assert (await known(journal, "a")).digest == A
    clock.now = later(2)
    await journal.save_config(config(B))
    assert (await known(journal, "a")).digest == B
    assert (await known(journal, "ab")).digest == B
    assert (await known(journal, "aa")).digest == A


async def test_one_that_comes_into_force_again_is_kept_once_and_knows_when_it_was_first(
    journal: Journal, reopen: Reopen
) -> None:
    await journal.save_config(config())
    again = await reopen()
    await again.save_config(config(at=later(5)))
    assert (await known(again, A)).first_used_at == NOW
    await again.append(replace(plan(), config=A))
    assert await config_of(again, "a") == A


async def test_an_event_keeps_the_configuration_that_it_was_planned_by(journal: Journal, reopen: Reopen) -> None:
    for digest in (A, B):
        await journal.save_config(config(digest))
    for name, digest in (("a", A), ("b", B), ("c", A), ("none", ""), ("unsaved", C)):
        await journal.append(replace(plan(name), config=digest))
    expected = {"evt_a": A, "evt_b": B, "evt_c": A, "evt_none": "", "evt_unsaved": ""}
    assert {one.uid: one.config for one in await journal.events(EventFilter())} == expected
    assert await config_of(journal, "b") == B
    again = await reopen()
    await again.append(replace(plan("d"), config=B))
    assert await config_of(again, "d") == B, "a process that did not save it finds it"
    await again.append(replace(plan("e", id="msg_b", body=b"{}"), config=A))
    assert await config_of(again, "b") == B, "a repeat changes nothing"


async def test_a_replay_leaves_an_event_the_configuration_that_it_came_under(journal: Journal) -> None:
    await journal.save_config(config(A))
    await journal.append(replace(plan(), config=A))
    await journal.save_config(config(B))
    await journal.add("evt_a", [planned(action="new")], later(5))
    assert await config_of(journal, "a") == A


async def test_a_configuration_goes_when_no_event_has_it_any_more(journal: Journal, clock: Clock) -> None:
    await journal.save_config(config(A))
    await done_by(journal, "a", A)
    await journal.save_config(config(B))
    await done_by(journal, "b", B)
    clock.now = later(10 * DAY)
    await journal.save_config(config(C))
    await done_by(journal, "c", C, received=10 * DAY, settled=10 * DAY)
    assert await swept(journal, 9 * DAY) == 2
    assert await journal.config(A) is None
    assert await journal.config(B) is None
    assert await journal.config(C) is not None


async def test_a_configuration_stays_as_long_as_an_event_has_it(journal: Journal, clock: Clock) -> None:
    await journal.save_config(config(A))
    await done_by(journal, "gone", A)
    wanted = replace(plan("dead", planned("evt_dead"), received_at=later(1)), config=A)
    (running,) = (await journal.append(wanted, take={wanted.deliveries[0].id})).deliveries
    await journal.save_config(config(B))
    clock.now = later(10 * DAY)
    await journal.save_config(config(C))
    await done_by(journal, "c", C, received=10 * DAY, settled=10 * DAY)
    assert await swept(journal, 9 * DAY) == 1
    assert await config_of(journal, "dead") == A
    assert await journal.config(A) == config(A)
    assert await journal.config(B) is None
    await journal.record(attempt(running))
    assert await swept(journal, 9 * DAY) == 1
    assert await journal.config(A) is None


async def test_the_newest_configuration_stays_though_no_event_has_it(
    journal: Journal, clock: Clock, reopen: Reopen
) -> None:
    for seconds, digest in enumerate((A, B, A)):
        clock.now = later(seconds)
        await journal.save_config(config(digest))
    clock.now = later(100 * DAY)
    again = await reopen()
    assert await swept(again, 99 * DAY) == 0
    assert await again.config(A) is not None
    assert await again.config(B) is None


async def test_configurations_of_many_files_and_odd_texts_survive(journal: Journal) -> None:
    files = {f"routes.d/{n}.yaml": "# \u2028 \U0001f600 'quote' \x00\n" * 500 for n in range(200)}
    odd = config(files=files, read=tuple(files), root="/tmp/\udcff", variables={"Ä": "0000"})
    await journal.save_config(odd)
    assert await journal.config(A) == odd


async def done_by(journal: Journal, name: str, digest: str, *, received: float = 0, settled: float = 2) -> None:
    """Store an event of a configuration whose one delivery is delivered."""
    wanted = replace(plan(name, planned(f"evt_{name}"), received_at=later(received)), config=digest)
    (running,) = (await journal.append(wanted, take={wanted.deliveries[0].id})).deliveries
    await journal.record(attempt(running, ended_at=later(settled)))


async def known(journal: Journal, wanted: str) -> StoredConfig:
    """Return a configuration that must be there."""
    found = await journal.config(wanted)
    assert found is not None
    return found


async def config_of(journal: Journal, name: str) -> str:
    """Return the configuration of an event that must be there."""
    found = await journal.event(f"evt_{name}")
    assert found is not None
    return found.config
