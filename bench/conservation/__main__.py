"""Tries to lose an acknowledged event: kills, stops, ends and starves the router, and accounts for every event.

    make conservation ARGS="--kills 100"      or: python -m bench.conservation --kills 100 --seed 7

Ends with 1 where anything is not as promised.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.conservation.mutant import MUTATIONS
from bench.conservation.report import lines
from bench.conservation.run import Run
from bench.conservation.settings import Settings


def asked() -> Settings:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.conservation", description=__doc__.split("\n")[0] if __doc__ else ""
    )
    default = Settings()
    parser.add_argument("--kills", type=int, default=default.kills, help="kill -9, at random moments")
    parser.add_argument("--stops", type=int, help="SIGSTOP for some seconds (default: a fifth of the kills)")
    parser.add_argument("--terms", type=int, help="SIGTERM, which has to end with 0 (default: a fifth)")
    parser.add_argument("--fulls", type=int, help="a full disk for some seconds (default: a tenth; SQLite only)")
    parser.add_argument("--journal", choices=("sqlite", "postgresql"), default=default.journal)
    parser.add_argument(
        "--address",
        default=os.environ.get("ROUTER_TEST_POSTGRES_URL", ""),
        help="the PostgreSQL server (default: ROUTER_TEST_POSTGRES_URL); a schema of its own is made and dropped",
    )
    parser.add_argument("--processes", type=int, default=default.processes, help="more than one: PostgreSQL only")
    parser.add_argument("--seconds", type=float, help="spread the faults over about so long, restarts apart")
    parser.add_argument("--rate", type=float, default=default.rate, help="events a second")
    parser.add_argument("--settle", type=float, default=default.settle, help="seconds until all must be settled")
    parser.add_argument("--grace", type=float, default=default.grace, help="seconds that a commit may take")
    parser.add_argument("--seed", type=int, help="decides events, moods and faults (default: any)")
    parser.add_argument("--mutate", choices=sorted(MUTATIONS), help="break a promise, to see that it is noticed")
    parser.add_argument("--quiet", action="store_true", help="print the report only")
    given = parser.parse_args()
    if given.journal == "sqlite" and given.processes != 1:
        parser.error("a journal in SQLite is owned by one process: --processes 1, or --journal postgresql")
    if given.journal == "postgresql" and not given.address:
        parser.error("--journal postgresql needs --address, or ROUTER_TEST_POSTGRES_URL")
    fifth = -(-given.kills // 5)
    fulls = -(-given.kills // 10) if given.fulls is None else given.fulls
    settings = Settings(
        journal=given.journal,
        address=given.address,
        processes=given.processes,
        kills=given.kills,
        stops=fifth if given.stops is None else given.stops,
        terms=fifth if given.terms is None else given.terms,
        fulls=fulls if given.journal == "sqlite" else 0,
        rate=given.rate,
        settle=given.settle,
        grace=given.grace,
        seed=random.randrange(2**31) if given.seed is None else given.seed,
        mutate=given.mutate,
    )
    if given.seconds is None:
        return settings
    from dataclasses import replace

    return replace(settings, gap=given.seconds / max(1, settings.faults))


async def run(settings: Settings, folder: Path, *, quiet: bool) -> int:
    """Run it, and print what came of it."""
    began = time.monotonic()

    def say(text: str) -> None:
        if not quiet:
            print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)

    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    account = await Run(settings, folder, say).run()
    print("\n".join(["", *lines(account, settings)]))
    return 0 if account.fine else 1


def main() -> int:
    """Run it in a temporary folder; 1 where anything is off, 130 where it was interrupted."""
    settings = asked()
    print(f"seed {settings.seed}: {settings.faults} faults, {settings.rate:g} events/s", flush=True)
    with tempfile.TemporaryDirectory(prefix="conservation-") as folder:
        try:
            return asyncio.run(run(settings, Path(folder), quiet=("--quiet" in sys.argv)))
        except (KeyboardInterrupt, asyncio.CancelledError):
            print("interrupted: everything that was started is ended", file=sys.stderr)
            return 130


if __name__ == "__main__":
    sys.exit(main())
