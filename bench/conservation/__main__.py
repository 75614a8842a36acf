"""Tries to lose an acknowledged event: kills, stops, ends and starves the router, and accounts for every event.

    make conservation ARGS="--kills 100"      or: python -m bench.conservation --kills 100 --seed 7

Ends with 1 where anything is not as promised.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.conservation.options import asked
from bench.conservation.report import lines
from bench.conservation.run import Run
from bench.conservation.settings import Settings


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
    settings, output = asked()
    print(f"seed {settings.seed}: {settings.faults} faults, {settings.rate:g} events/s", flush=True)
    with tempfile.TemporaryDirectory(prefix="conservation-") as temporary:
        folder = Path(temporary)
        if output.keep is not None:
            folder = output.keep.resolve()
            folder.mkdir(parents=True)
        try:
            return asyncio.run(run(settings, folder, quiet=output.quiet))
        except (KeyboardInterrupt, asyncio.CancelledError):
            print("interrupted: everything that was started is ended", file=sys.stderr)
            return 130


if __name__ == "__main__":
    sys.exit(main())
