"""A PostgreSQL that is down, broken off, wrong or full: nothing is lost, and the journal says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest

from router.errors import JournalError, JournalUnwritable
from router.journal.journal import DeliveryFilter, EventFilter
from router.journal.postgres.journal import PostgresJournal
from router.journal.postgres.life import Pace
from router.journal.postgres.migration import migrate
from router.journal.postgres.reader import PostgresReader
from router.model import DeliveryState, Plan
from tests.journal.postgres_line import Line, error, line_to, server_that, welcome
from tests.journal.values import NOW, attempt, begun, claim, event, found, later, plan, planned

S = DeliveryState
QUICK = Pace(beat=0.1, life=60, deadline=50, reap=0.1, say=0.01)
SECRET = "p%23ss-w0rd"


def journal_at(url: str) -> PostgresJournal:
    return PostgresJournal(url, clock=lambda: NOW, pace=QUICK)


@pytest.fixture
async def line(postgres_url: str) -> AsyncIterator[Line]:
    async with line_to(postgres_url) as line:
        yield line


@pytest.fixture
async def far(line: Line) -> AsyncIterator[PostgresJournal]:
    """An open journal behind a line."""
    journal = journal_at(line.url)
    await journal.open()
    yield journal
    await journal.close()


async def refusal(url: str) -> str:
    with pytest.raises(JournalError) as raised:
        await journal_at(url).open()
    assert not isinstance(raised.value, JournalUnwritable)
    for secret in (SECRET, "p#ss-w0rd"):
        assert secret not in str(raised.value)
        assert secret not in repr(raised.value.__cause__)
    return str(raised.value)


async def test_a_wrong_password_is_told_without_the_password() -> None:
    said = error("28P01", f'password authentication failed for user "router" ({SECRET}, p#ss-w0rd)')
    async with server_that(said, after_password=True) as port:
        with pytest.raises(JournalError) as raised:
            await journal_at(f"postgresql://router:{SECRET}@127.0.0.1:{port}/app?sslmode=disable").open()
    assert "the password or the user is wrong" in str(raised.value)
    assert f"postgresql://router@127.0.0.1:{port}/app (schema router)" in str(raised.value)
    assert SECRET not in str(raised.value)
    assert "p#ss-w0rd" not in str(raised.value)


async def test_a_server_that_is_too_old_is_refused() -> None:
    async with server_that(welcome("11.4")) as port:
        said = await refusal(f"postgresql://router:{SECRET}@127.0.0.1:{port}/app?sslmode=disable")
    assert "is on PostgreSQL 11: it needs 13 or newer" in said


async def test_a_server_that_is_not_there_or_not_known_is_told(postgres_url: str) -> None:
    said = await refusal(f"postgresql://router:{SECRET}@127.0.0.1:1/app")
    assert "are host and port right?" in said
    said = await refusal(f"postgresql://router:{SECRET}@no-such-host.invalid/app")
    assert "no-such-host.invalid" in said
    base = postgres_url.partition("?")[0].rpartition("/")[0]
    assert "there is no such database" in await refusal(f"{base}/no_such_database")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@h:port/d",
        f"postgresql://u:{SECRET}/x@h@i/d",
        f"postgresql:u:{SECRET}@h/d",
        f"postgresql://u:{SECRET}@h/d?schema=No%20such",
        f"mysql://u:{SECRET}@h/d",
    ],
)
def test_an_address_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(JournalError) as raised:
        journal_at(url)
    assert SECRET not in str(raised.value)


async def test_a_user_without_rights_is_told_what_to_grant(postgres_url: str, postgres: PostgresJournal) -> None:
    schema = postgres.address.schema
    await postgres._writer.transact(_execute, f'create role "{schema}_guest" login')
    try:
        parts = postgres_url.partition("@")
        said = await refusal(f"postgresql://{schema}_guest@{parts[2].replace(schema, schema + '_new')}")
        assert "create schema ... authorization" in said
    finally:
        await postgres._writer.transact(_execute, f'drop role "{schema}_guest"')


async def test_a_schema_of_a_newer_router_or_of_another_program_is_refused(postgres: PostgresJournal) -> None:
    url = f"{postgres.address.dsn}?schema={postgres.address.schema}"
    await postgres._writer.transact(_execute, "insert into versions (version) values (99)")
    assert "was written by a newer router (schema version 99" in await refusal(url)
    reader = PostgresReader(url)
    with pytest.raises(JournalError, match="newer router"):
        await reader.stats()
    await reader.close()
    await postgres._writer.transact(_execute, "drop table versions")
    assert "another program's tables" in await refusal(url)


async def test_a_reader_of_no_journal_says_so(postgres_url: str) -> None:
    reader = PostgresReader(postgres_url)
    with pytest.raises(JournalError, match=r"there is no journal .*start the router once"):
        await reader.events(EventFilter())
    await reader.close()


async def test_a_migration_that_fails_leaves_the_older_version(postgres: PostgresJournal) -> None:
    async with postgres._writes.session() as connection:
        with pytest.raises(Exception, match="syntax error"):
            await migrate(connection, postgres.address, [*["select 1"], "create table half (a int)", "creat"])
        assert await connection.fetchval("select max(version) from versions") == 1
        assert await connection.fetchval("select to_regclass('half')") is None
        await migrate(connection, postgres.address, ["select 1", "create table half (a int)"])
        assert await connection.fetchval("select max(version) from versions") == 2


async def _execute(connection: object, sql: str) -> None:
    await connection.execute(sql)  # type: ignore[attr-defined]


async def test_a_read_that_takes_too_long_is_ended(postgres_url: str, postgres: PostgresJournal) -> None:
    async def slow(connection: object) -> None:
        await connection.execute("select pg_sleep(30)")  # type: ignore[attr-defined]

    reader = PostgresReader(postgres_url, deadline=0.1)
    with pytest.raises(JournalError, match="narrow the filter"):
        await reader._read(slow)
    assert await reader.count(EventFilter()) == 0
    await reader.close()


async def test_while_the_database_is_away_writes_are_refused_and_then_go_on(
    line: Line, far: PostgresJournal
) -> None:
    running = await begun(far)
    await line.cut()
    for call in (far.append(plan("b")), far.record(attempt(running)), far.probe(), far.claim({}, NOW)):
        with pytest.raises(JournalUnwritable, match="cannot be written now"):
            await call
    with pytest.raises(JournalError):
        await far.count(EventFilter())
    await line.mend()
    await far.probe()
    await far.append(plan("b"))
    assert await far.record(attempt(running))
    assert await far.count(EventFilter()) == 2


async def test_an_event_whose_commit_was_not_answered_is_stored_once_and_taken(
    line: Line, far: PostgresJournal
) -> None:
    await far.append(plan("first"))
    line.lose(1, b"seen_now")
    running = await begun(far)
    assert (running.state, line.deaf) == (S.RUNNING, 0)
    assert await far.count(EventFilter()) == 2
    assert await far.record(attempt(running))
    again = await far.append(plan())
    assert again.duplicate


async def test_what_was_taken_by_a_commit_of_which_nobody_knows_is_given_back(
    line: Line, far: PostgresJournal
) -> None:
    await far.append(plan("first", planned("evt_first", destination="other")))
    line.lose(2, b"seen_now|from events where uid = any")
    with pytest.raises(JournalUnwritable):
        await begun(far)
    (stored,) = await far.deliveries(DeliveryFilter(destination="slack"))
    while stored.state is S.RUNNING:
        await asyncio.sleep(0.02)
        stored = await found(far, stored.id)
    assert (stored.state, stored.attempts, stored.suspect) == (S.READY, 0, False)
    assert [d.id for d in await claim(far, {"slack": 1}, later(1))] == [stored.id]


async def test_an_outcome_whose_commit_was_not_answered_is_recorded(line: Line, far: PostgresJournal) -> None:
    running, other = await begun(far), await begun(far, "b")
    line.lose(1, b"uncounted")
    assert await far.record(attempt(other))
    assert line.deaf == 0
    line.lose(2, b"uncounted")
    with pytest.raises(JournalUnwritable):
        await far.record(attempt(running))
    assert await far.record(attempt(running)), "it was recorded all the same"
    assert not await far.record(attempt(running))
    assert len(await far.attempts(running.id)) == 1


async def test_ended_connections_cost_no_event(postgres_url: str, postgres: PostgresJournal) -> None:
    journal = journal_at(f"{postgres_url}&application_name=victim_{postgres.address.schema}")
    await journal.open()
    ended = asyncio.Event()

    async def strike() -> None:
        sql = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"
        while not ended.is_set():
            async with postgres._writes.session() as connection:
                await connection.fetch(sql, f"victim_{postgres.address.schema}")
            await asyncio.sleep(0.15)

    async def send(number: int) -> None:
        for resent in count():
            wanted = plan(f"n{number}.{resent}", id=f"msg{number}", body=b"%d" % number)
            try:
                answer = await journal.append(wanted, take={wanted.deliveries[0].id})
            except JournalUnwritable:
                await asyncio.sleep(0.01)
                continue
            for delivery in answer.deliveries:
                await record(delivery)
            return

    async def record(delivery: object) -> None:
        while True:
            try:
                assert await journal.record(attempt(delivery))  # type: ignore[arg-type]
                return
            except JournalUnwritable:
                await asyncio.sleep(0.01)

    striking = asyncio.ensure_future(strike())
    for start in range(0, 200, 20):
        await asyncio.gather(*(send(number) for number in range(start, start + 20)))
    ended.set()
    await striking
    assert await postgres.count(EventFilter()) == 200
    while await postgres.count(DeliveryFilter(state=S.DELIVERED)) < 200:
        for delivery in await claim(journal, {"slack": 100}, later(9)):  # taken in doubt, and given back
            await record(delivery)
        await asyncio.sleep(0.05)
    assert await postgres.count(DeliveryFilter()) == 200
    await journal.close()


async def test_what_cannot_be_stored_costs_nobody_else_anything(postgres: PostgresJournal) -> None:
    bad = {
        3: plan("n3", planned("evt_n3", index=2**63)),
        11: plan("n11", planned("evt_n11"), planned("evt_n11")),
        17: plan("n17", planned("evt_n17", lane="x" * 100_000 + "".join(map(chr, range(200, 9000))))),
    }
    odd = {5: event("n5", id="a\x00b" * 5000), 6: event("n6", type="lone \ud800"), 7: event("n7", body=b"\0\xff")}
    plans = [bad.get(n) or plan(f"n{n}") for n in range(40)]
    plans = [Plan(odd[n], one.state, one.deliveries) if n in odd else one for n, one in enumerate(plans)]
    answers = await asyncio.gather(*(postgres.append(one) for one in plans), return_exceptions=True)
    assert {n for n, answer in enumerate(answers) if isinstance(answer, ValueError)} == set(bad)
    assert not any(isinstance(answer, JournalError) for answer in answers)
    assert await postgres.count(EventFilter()) == 40 - len(bad)
    assert (await postgres.append(plan("long", id="a\x00b" * 5000))).duplicate


async def test_one_that_may_have_been_stored_by_a_try_that_broke_off_is_in_doubt_although_it_is_refused(
    postgres: PostgresJournal,
) -> None:
    doubtful: list[str] = []

    async def store(connection: object, batch: list[str], again: bool) -> list[object]:
        if not again:
            raise ConnectionResetError
        raise ValueError("it is there already: the first try was committed while the second was under way")

    batcher = postgres._writer.batcher(store, doubtful.extend)
    with pytest.raises(ValueError, match="there already"):
        await batcher.submit("a")
    assert doubtful == ["a"]
