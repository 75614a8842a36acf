"""One run: everybody is started, the faults are done, all becomes quiet, and everything is accounted for."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

from bench.conservation import disk as disks
from bench.conservation import effects, store
from bench.conservation.account import LOST, OTHER, Account
from bench.conservation.conductor import Conductor
from bench.conservation.destination import Destination, Seen
from bench.conservation.evidence import Evidence
from bench.conservation.faults import Fault, schedule
from bench.conservation.judge import Judge
from bench.conservation.ledger import Ledger
from bench.conservation.replica import Broken, Replica
from bench.conservation.routes import SECRET, TEMPERS, routes
from bench.conservation.senders import Senders
from bench.conservation.settings import Settings
from bench.conservation.snapshot import Snapshot, counted, take
from router.errors import JournalError

_REPEATED = 50
_NOTABLE = 0.5  # seconds
_LOOK = 0.2  # seconds between two looks whether all is settled


class Run:
    """The parts of one run in a folder of its own; `say` is told what happens."""

    def __init__(self, settings: Settings, folder: Path, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.folder = folder
        self.account = Account()
        self._say = say
        self._ledger = Ledger()
        self._destinations: list[Destination] = []
        self._replicas: list[Replica] = []
        self._snapshot: Snapshot | None = None

    async def run(self) -> Account:
        """Do it all; what is off is in the account, and nothing is left running."""
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            disk = stack.enter_context(disks.opened(self.folder / "disk", self.settings.disk, self._pids))
            journal = await stack.enter_async_context(
                store.opened(self.settings.journal, self.settings.address, disk.folder)
            )
            effects.prepare(self.folder / "effects.db")
            await self._prepare(stack, journal)
            conductor = Conductor(self._replicas, disk, journal, self.settings.drain, self._say)
            if self.settings.fulls:
                self.account.disk = disk.kind
            watching = asyncio.ensure_future(self._watch())
            try:
                await self._happen(conductor, journal)
            except Broken as error:
                self.account.blame(OTHER, str(error))
            finally:
                watching.cancel()
            for replica in self._replicas:
                await replica.close()
            await self._judge(conductor, journal)
            if not self.account.fine:
                shutil.copytree(disk.folder, self.folder / "kept")  # the disk goes with the run
        self.account.seconds = time.monotonic() - began
        return self.account

    async def _watch(self) -> None:
        """Note how long the destinations could not answer because the harness itself did not get its turn."""
        note, longest = "", _NOTABLE
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.05)
            if (late := time.monotonic() - began - 0.05) > longest:
                longest = late
                if note:
                    self.account.notes.remove(note)
                note = f"the harness stood still for {late:.1f} s: the machine is busy, and answers were late"
                self.account.notes.append(note)

    def _pids(self) -> list[int]:
        return [replica.pid for replica in self._replicas if replica.pid is not None]

    async def _prepare(self, stack: AsyncExitStack, journal: store.Store) -> None:
        settings = self.settings
        for name, temper in TEMPERS.items():
            server = Destination(name, temper, settings.seed, settings.timeout)
            self._destinations.append(await stack.enter_async_context(server))
        urls = {server.name: server.url for server in self._destinations}
        mutant = ["-m", "bench.conservation.mutant", settings.mutate] if settings.mutate else ["-m", "router"]
        for number in range(settings.processes):
            folder = self.folder / f"process{number}"
            folder.mkdir()
            replica = Replica(number, folder, {"SECRET": SECRET}, [*mutant, "run", "routes.yaml"])
            table = str(self.folder / "effects.db")
            text = routes(settings, port=replica.port, journal=journal.url, urls=urls, effects=table)
            (folder / "routes.yaml").write_text(text)
            self._replicas.append(replica)
            stack.push_async_callback(replica.close)

    async def _happen(self, conductor: Conductor, journal: store.Store) -> None:
        settings = self.settings
        rng = random.Random(settings.seed)
        senders = Senders(settings, self._ledger, [replica.url for replica in self._replicas], rng)
        await conductor.start()
        sending = asyncio.ensure_future(senders.run())
        try:
            async with asyncio.timeout(settings.longest):
                await conductor.conduct(schedule(settings, random.Random(settings.seed)))
            await asyncio.sleep(settings.gap)
        except TimeoutError:
            self.account.blame(OTHER, f"the faults were not done after {settings.longest:g} s")
        except asyncio.CancelledError:
            sending.cancel()
            raise
        finally:
            senders.stop()
            await asyncio.wait({sending})
        if senders.skipped:
            self.account.notes.append(f"{senders.skipped} events were not posted: too many waited for an answer")
        for destination in self._destinations:
            destination.calm()
        await self._settle(journal)
        if self.account.settled_after is not None:  # else nothing stands still, and is read after the end
            self._snapshot = await self._read(journal)  # before what is posted once more could mend anything
            await senders.repeat(_REPEATED)
        await conductor.finish()

    async def _settle(self, journal: store.Store) -> None:
        began = time.monotonic()
        reader = journal.reader()
        left = -1
        try:
            while time.monotonic() < began + self.settings.settle:
                try:
                    left = await store.unsettled(reader)
                except JournalError as error:
                    self._say(f"the journal cannot be read: {error}")
                if left == 0:
                    self.account.settled_after = time.monotonic() - began
                    return
                for replica in self._replicas:
                    replica.check()
                await asyncio.sleep(_LOOK)
            self.account.blame(LOST, f"{left} deliveries are open {self.settings.settle:g} s after the last fault")
        finally:
            await reader.close()

    def _requests(self) -> list[Seen]:
        return [one for server in self._destinations for one in server.seen]

    async def _read(self, journal: store.Store) -> Snapshot:
        reader = journal.reader()
        try:
            return await take(reader, counted([one.key for one in self._requests()]))
        finally:
            await reader.close()

    async def _judge(self, conductor: Conductor, journal: store.Store) -> None:
        account = self.account
        boots = [boot for replica in self._replicas for boot in replica.boots]
        account.starts = len(boots)
        account.faults = Counter(str(boot.how) for boot in boots if boot.how in tuple(Fault))
        if stops := sum(len(boot.stops) for boot in boots):
            account.faults[str(Fault.STOP)] = stops
        if conductor.cuts:
            account.faults[str(Fault.CUT)] = conductor.cuts
        if conductor.full:
            account.faults[str(Fault.FULL)] = len(conductor.full)
        for replica in self._replicas:
            for before, boot in pairwise(replica.boots):
                if before.how == Fault.KILL and boot.ready is not None:
                    account.ready_after_kill.append(boot.ready - boot.started)
        account.refusals = self._ledger.refusals()
        for replica in self._replicas:
            replica.note_losses()
        snapshot = self._snapshot or await self._read(journal)
        seen = [*self._requests(), *effects.writes(self.folder / "effects.db")]
        evidence = Evidence(boots, conductor.full, self.settings.grace, self.settings.timeout)
        Judge(account, self._ledger, snapshot, seen, evidence).judge()
        if not account.acknowledged:
            account.blame(OTHER, f"no event was acknowledged:\n{self._replicas[0].log}")
        for replica in self._replicas:
            if trace := replica.traceback():
                account.blame(OTHER, f"process {replica.number} has logged an error that nobody foresaw:\n{trace}")
