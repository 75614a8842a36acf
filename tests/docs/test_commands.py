"""The commands in the documentation exist, and those with their output run beside `router dev` and print it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from router.cli.main import parser
from tests.docs.examples import prepare, write_files
from tests.docs.pages import PAGES, ROOT, Block, all_blocks, blocks
from tests.ports import free_port

SHELL = all_blocks("sh", "console")
PATIENCE = 60.0  # seconds; generous, for a busy machine: it is never slept through


def commands(block: Block) -> list[list[str]]:
    """Return the arguments of each `router` command of an example."""
    found = []
    for line in block.text.split("\n"):
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if "router" in words and words[:2] != ["docker", "build"] and words[:2] != ["docker", "run"]:
            last = max(number for number, word in enumerate(words) if word == "router")
            found.append(words[last + 1 :])
    return found


@pytest.mark.parametrize("block", SHELL, ids=lambda block: block.place)
def test_every_command_and_option_exists(block: Block) -> None:
    for words in commands(block):
        parser().parse_args(words)  # ends with SystemExit where it does not


@asynccontextmanager
async def dev(folder: Path) -> AsyncIterator[None]:
    """Run `router dev` in a folder with the example, with an event of its own in the journal."""
    prepare(folder, ROOT / "README.md")
    port = free_port()
    listen = f'server: {{listen: "127.0.0.1:{port}"}}\nadmin: {{listen: "127.0.0.1:0"}}\n'
    # After the example, so that the lines of its mistakes are those of the page.
    (folder / "routes.example.yaml").write_text((ROOT / "routes.example.yaml").read_text() + listen)
    shutil.copy(ROOT / "routes.example.test.yaml", folder)
    with (folder / "dev.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "router", "dev", "routes.example.yaml"), cwd=folder, stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            ready = False
            while not ready:
                assert process.returncode is None, (folder / "dev.log").read_text()
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        ready = answer.status == 200
                await asyncio.sleep(0.02)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        await process.wait()


async def run(folder: Path, words: list[str]) -> tuple[int, str]:
    """Run one command; return its exit code, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "router", *words),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE):
        out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


def fits(shown: str, printed: str) -> bool:
    """Tell whether an output is the one that is shown: ids and times are others, `...` is anything."""
    pattern = ".*".join(re.escape(part) for part in _like(shown).split("..."))
    return re.fullmatch(pattern, _like(printed)) is not None


def _like(text: str) -> str:
    text = re.sub(r"\b(evt|dlv|msg)_\w+", r"\1", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    return " ".join(text.split())


async def test_every_example_with_its_output_prints_that(tmp_path: Path) -> None:
    """One process for all, in the order of the pages; an id that is shown stands for the last one printed."""
    examples = [block for page in PAGES for block in blocks(page) if block.marker.startswith("run")]
    assert len(examples) > 5
    async with dev(tmp_path):
        code, printed = await run(tmp_path, ["send", "clerk/user.created", "--config", "routes.example.yaml"])
        assert code == 0, printed
        for block in examples:
            write_files(tmp_path, block.page)
            wanted = int(block.marker.removeprefix("run").removeprefix(": exit ") or 0)
            for part in re.split(r"(?m)^\$ ", block.text)[1:]:
                line, _, shown = part.partition("\n")
                words = [_id(word, printed) for word in shlex.split(line)]
                code, out = await run(tmp_path, words[1:])
                assert code == wanted, f"{block.place}: {out}"
                assert fits(shown, out), f"{block.place}: {line}\n{out}"
                printed += out


def _id(word: str, printed: str) -> str:
    if re.fullmatch(r"(evt|dlv)_\w+", word):
        word = re.findall(rf"\b{word[:3]}_\w+", printed)[-1]
    return word
