"""How long a large configuration takes to check: the command as a whole, and its stages; and its memory.

    python -m bench.check --routes 2000 --distinct 0.3

`--distinct` is the share of the expressions in templates that stand nowhere else in the file.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.check_file import large_file

T = TypeVar("T")


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    asked.add_argument("--routes", type=int, default=2000)
    asked.add_argument("--distinct", type=float, default=0.3)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--stages", action="store_true", help="in this process, by stage (and no whole command)")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "routes.yaml")
        path.write_text(large_file(options.routes, options.distinct))
        if options.stages:
            _stages(path)
            return
        load = os.getloadavg()[0]
        took = [_command("router", "check", str(path)) for _ in range(options.rounds)]
        small = Path(folder, "small.yaml")
        small.write_text(large_file(1, options.distinct))
        least = min(_command("router", "check", str(small))[1] for _ in range(options.rounds))
        wall, user = min(took)[0], min(user for _, user in took)
        print(f"router check, {options.routes} routes, {options.distinct:.0%} of the expressions distinct:")
        print(f"  {wall:.2f} s, of which processor {user:.2f} s (one route: {least:.2f} s); load {load:.1f}")
        arguments = ("--routes", str(options.routes), "--distinct", str(options.distinct), "--stages")
        _command("bench.check", *arguments, quiet=False)


def _command(module: str, *arguments: str, quiet: bool = True) -> tuple[float, float]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    output = subprocess.DEVNULL if quiet else None
    subprocess.run([sys.executable, "-m", module, *arguments], check=True, stdout=output)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, spent


def _timed(what: str, run: Callable[[], T]) -> T:
    began = time.process_time()
    done = run()
    print(f"  {what:<34} {(time.process_time() - began) * 1000:7.0f} ms")
    return done


def _stages(path: Path) -> None:
    gc.disable()
    began = time.process_time()
    from router.config.document import read_document
    from router.config.problem import Problems
    from router.config.yaml import parse
    from router.destinations import compile_destinations
    from router.registry import load_registry
    from router.routing.context import Context
    from router.routing.table import compile_routes
    from router.routing.warm_up import warm_up
    from router.sources.compile import compile_sources

    print(f"  {'imports':<34} {(time.process_time() - began) * 1000:7.0f} ms")
    before, problems = _memory(), Problems()
    text = path.read_text()
    _timed("YAML", lambda: parse(text, str(path), Problems()))
    document = _timed("YAML, references and settings", lambda: read_document(path, os.environ, problems))
    assert document is not None
    registry = _timed("plugins", lambda: load_registry(document.plugins))
    sources = _timed("sources", lambda: compile_sources(document.sources, problems))
    destinations = _timed("destinations", lambda: compile_destinations(document.destinations, registry, problems))
    context = Context(sources, destinations, registry, document.vars)
    table = _timed("routes, conditions and templates", lambda: compile_routes(document.routes, context, problems))
    assert not problems.errors
    loaded = _memory()
    _timed("a look of the collector", gc.collect)
    import threading

    from router.routing import warm_up as module

    module.BREATH = 0.0
    _timed("code of all templates (warm-up)", lambda: warm_up(table, threading.Event()))
    print(f"  memory: {loaded - before:.0f} MB for the file, {_memory() - loaded:.0f} MB more when warm")


def _memory() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


if __name__ == "__main__":
    main()
