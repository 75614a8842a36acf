"""The command line of the harness."""

from __future__ import annotations

import argparse
import os
import random
from dataclasses import replace
from pathlib import Path

from bench.conservation.mutant import MUTATIONS
from bench.conservation.settings import Settings

_WHAT = "Tries to lose an acknowledged event: kills, stops, ends and starves the router, and accounts for all."


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    options = argparse.ArgumentParser(prog="python -m bench.conservation", description=_WHAT)
    default = Settings()
    options.add_argument("--kills", type=int, default=default.kills, help="kill -9, at random moments")
    options.add_argument("--stops", type=int, help="SIGSTOP for some seconds (default: a fifth of the kills)")
    options.add_argument("--terms", type=int, help="SIGTERM, which has to end with 0 (default: a fifth)")
    options.add_argument("--fulls", type=int, help="a full disk for some seconds (default: a tenth; only SQLite)")
    options.add_argument(
        "--cuts", type=int, help="all connections to the journal are cut (default: a tenth; only PostgreSQL)"
    )
    options.add_argument("--journal", choices=("sqlite", "postgresql"), default=default.journal)
    options.add_argument(
        "--address",
        default=os.environ.get("ROUTER_TEST_POSTGRES_URL", ""),
        help="the PostgreSQL server (default: ROUTER_TEST_POSTGRES_URL); a schema of its own is made and dropped",
    )
    options.add_argument("--processes", type=int, default=default.processes, help="more than one: PostgreSQL only")
    options.add_argument("--seconds", type=float, help="spread the faults over about so long, restarts apart")
    options.add_argument("--rate", type=float, default=default.rate, help="events a second")
    options.add_argument("--settle", type=float, default=default.settle, help="seconds until all must be settled")
    options.add_argument("--grace", type=float, default=default.grace, help="seconds that a commit may take")
    options.add_argument("--seed", type=int, help="decides events, moods and faults (default: any)")
    options.add_argument("--mutate", choices=sorted(MUTATIONS), help="break a promise, to see that it is noticed")
    options.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="run there, and leave routes, logs and journal"
    )
    options.add_argument("--quiet", action="store_true", help="print the report only")
    return options


def asked() -> tuple[Settings, argparse.Namespace]:
    """Return what was asked for, and of that `keep` and `quiet`, which are about the output only."""
    options = parser()
    given = options.parse_args()
    if given.journal == "sqlite" and given.processes != 1:
        options.error("a journal in SQLite is owned by one process: --processes 1, or --journal postgresql")
    if given.keep is not None and given.keep.exists():
        options.error(f"--keep: {given.keep} exists already")
    if given.journal == "postgresql" and not given.address:
        options.error("--journal postgresql needs --address, or ROUTER_TEST_POSTGRES_URL")
    fifth = -(-given.kills // 5)
    tenth = -(-given.kills // 10)
    sqlite = given.journal == "sqlite"
    if sqlite and given.cuts:
        options.error("--cuts is of no use: a journal in SQLite has no connections")
    if not sqlite and given.fulls:
        options.error("--fulls is of no use: the disk of a PostgreSQL server is not this program's to fill")
    settings = Settings(
        journal=given.journal,
        address=given.address,
        processes=given.processes,
        kills=given.kills,
        stops=fifth if given.stops is None else given.stops,
        terms=fifth if given.terms is None else given.terms,
        fulls=(tenth if given.fulls is None else given.fulls) if sqlite else 0,
        cuts=0 if sqlite else tenth if given.cuts is None else given.cuts,
        longest_stop=2.5 if sqlite else 14.0,
        rate=given.rate,
        settle=given.settle,
        grace=given.grace,
        seed=random.randrange(2**31) if given.seed is None else given.seed,
        mutate=given.mutate,
    )
    if given.seconds is not None:
        settings = replace(settings, gap=given.seconds / max(1, settings.faults))
    return settings, given
