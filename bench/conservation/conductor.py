"""Does the faults of the schedule to the processes, one after the other, and starts them again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from bench.conservation.disk import Disk
from bench.conservation.faults import Fault, Planned
from bench.conservation.replica import Replica
from bench.conservation.store import Store

Span = tuple[float, float]


class Conductor:
    """What it did is in the replicas' boots, in `full`, the spans in which the disk took nothing, and in `cuts`,
    which nothing is excused by.
    """

    def __init__(
        self,
        replicas: Sequence[Replica],
        disk: Disk,
        store: Store,
        drain: float,
        say: Callable[[str], None],
    ) -> None:
        self.full: list[Span] = []
        self.cuts = 0
        self._store = store
        self._replicas = replicas
        self._disk = disk
        self._drain = drain
        self._say = say

    async def start(self) -> None:
        """Start all processes."""
        for replica in self._replicas:
            await replica.spawn()
        for replica in self._replicas:
            await replica.ready()

    async def conduct(self, planned: Sequence[Planned]) -> None:
        """Do all of it; raises Broken where a process does what it must not."""
        for number, one in enumerate(planned, 1):
            await asyncio.sleep(one.after)
            for replica in self._replicas:
                replica.check()
            replica = self._replicas[one.process]
            self._say(f"{number}/{len(planned)}: {one.fault}, process {replica.boots[-1].name}")
            match one.fault:
                case Fault.KILL:
                    await self._kill(replica, one)
                case Fault.STOP:
                    await replica.freeze(one.lasting)
                case Fault.TERM:
                    await replica.terminate(Fault.TERM, self._drain)
                    await replica.spawn()
                    await replica.ready()
                case Fault.FULL:
                    await self._fill(replica, one)
                case Fault.CUT:
                    await self._store.cut()
                    self.cuts += 1

    async def finish(self) -> None:
        """Ask every process to end."""
        await asyncio.gather(*(replica.terminate("the end", self._drain) for replica in self._replicas))

    async def _kill(self, replica: Replica, one: Planned) -> None:
        await replica.kill(Fault.KILL)
        await replica.spawn()
        if one.again is not None:
            await asyncio.sleep(one.again)
            await replica.kill(Fault.KILL)
            await replica.spawn()
        await replica.ready()

    async def _fill(self, replica: Replica, one: Planned) -> None:
        began = time.time()
        await asyncio.to_thread(self._disk.fill, one.room)
        try:
            if one.again is not None:
                await asyncio.sleep(one.again)
                await replica.kill(Fault.KILL)
            else:
                await asyncio.sleep(one.lasting)
        finally:
            self._disk.free()
            self.full.append((began, time.time()))
        if one.again is not None:
            await replica.spawn()
            await replica.ready()
