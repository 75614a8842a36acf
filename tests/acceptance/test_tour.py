"""The way of a newcomer through the README: every command of it, in one folder, prints what the page shows."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, blocks
from tests.docs.test_commands import PATIENCE, fits

README = blocks(ROOT / "README.md")
TOUR = [block for block in README if block.marker.startswith("tour")]


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that knows `router`; the folder of the tour is `begun`."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "router"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m router "$@"\n')
    command.chmod(0o755)
    (tmp_path / "begun").mkdir()
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": path}


async def typed(line: str, folder: Path, shell: dict[str, str], until: list[str]) -> tuple[int, str]:
    """Run a line of a shell; with `until` interrupt it once it has printed all of that."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", f"exec {line}"), cwd=folder, env=shell,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    printed = ""
    async with asyncio.timeout(PATIENCE):
        while chunk := await process.stdout.read(65536):
            printed += chunk.decode()
            if until and all(word in printed for word in until):
                process.send_signal(signal.SIGINT)
                until = []
        code = await process.wait()
    return code, printed


def said(block: Block, key: str) -> str:
    """Return what the comment above an example says of that: `<!-- tour: exit 1 -->`."""
    found = re.fullmatch(rf"tour: {key} (.+)", block.marker)
    return found[1] if found else ""


async def test_a_newcomer_sees_what_the_readme_shows(tmp_path: Path, shell: dict[str, str]) -> None:
    assert len(TOUR) > 4
    folder = tmp_path / "begun"
    codes: list[int] = []
    for block in TOUR:
        until = said(block, "until").split(", ") if said(block, "until") else []
        codes = []
        for part in re.split(r"(?m)^\$ ", block.text)[1:]:
            line, _, shown = part.partition("\n")
            code, printed = await typed(line, folder, shell, until)
            assert fits(shown, printed), f"{block.place}: {line}\n{printed}"
            codes.append(code)
        assert max(codes) == int(said(block, "exit") or 0), f"{block.place}: {codes}"


async def test_the_readme_shows_a_route_as_it_was_begun(tmp_path: Path, shell: dict[str, str]) -> None:
    first = next(block for block in README if block.language == "yaml")
    line = re.findall(r"(?m)^\$ (router init .*)", TOUR[0].text)[0]
    assert (await typed(line, tmp_path / "begun", shell, []))[0] == 0
    assert first.text in (tmp_path / "begun" / "routes.yaml").read_text()
