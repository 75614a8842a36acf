"""`router dev`: no account anywhere, and everything that happens is shown."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from tests.acceptance.process import START
from tests.acceptance.town import ROOT

_OURS = ("CLERK_WEBHOOK_SIGNING_SECRET", "SLACK_WEBHOOK_URL", "RESEND_API_KEY", "APP_URL", "DATABASE_URL")


class Dev:
    """A running `router dev`; `output` is what a person has seen so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.output = ""

    async def shows(self, *texts: str) -> str:
        """Wait until all of these have been printed; return everything that has."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(START):
                while any(text not in self.output for text in texts):
                    line = await self.process.stdout.readline()
                    assert line, f"it has ended; it said:\n{self.output}"
                    self.output += line.decode()
        except TimeoutError:
            missing = [text for text in texts if text not in self.output]
            pytest.fail(f"never shown: {missing}; shown:\n{self.output}")
        return self.output


@asynccontextmanager
async def dev(folder: Path, *arguments: str) -> AsyncIterator[Dev]:
    """Run `router dev` on the example in a folder of its own."""
    for name in ("routes.example.yaml", "routes.example.sql"):
        (folder / name).write_text((ROOT / name).read_text())
    env = {name: value for name, value in os.environ.items() if name not in _OURS}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "router", "dev", "routes.example.yaml", *arguments, cwd=folder, env=env,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield Dev(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_sent_event_is_shown_on_its_whole_way(tmp_path: Path) -> None:
    async with dev(tmp_path, "--send", "clerk/user.created") as running:
        output = await running.shows(
            "delivered users/save",
            "delivered welcome/resend",
            "delivered welcome/slack",
            "delivered existing-handler/http",
            '"rows": 1',
        )
        for text in (
            "/webhooks/clerk",
            "CLERK_WEBHOOK_SIGNING_SECRET",
            "received clerk/user.created",
            "verified (svix)",
            "acknowledged (202)",
            "not this  workspaces",
            "the route wants `organization.created`",
            "captured, not sent",
            '"text": ":wave: New user: Ada Byron (ada@example.com)"',
            "POST https://api.resend.com/emails",
            '"subject": "Welcome, Ada!"',
            "svix-signature: v1,",
        ):
            assert text in output
        with closing(sqlite3.connect(tmp_path / "app.db")) as connection, connection:
            assert connection.execute("select email, name from users").fetchall() == [
                ("ada@example.com", "Ada Byron")
            ]
        running.process.send_signal(signal.SIGINT)
        await running.shows("stopped")
        assert await running.process.wait() == 0


async def test_a_change_of_the_file_is_seen_and_a_mistake_is_shown_at_its_place(tmp_path: Path) -> None:
    async with dev(tmp_path) as running:
        await running.shows("post to")
        file = tmp_path / "routes.example.yaml"
        good = file.read_text()
        file.write_text(good.replace("upsert: users", "upsrt: users"))
        await running.shows("did you mean `upsert`", "the old one")
        file.write_text(good.replace("New user", "Look who is here"))
        await running.shows("reloaded")
        file.write_text(good.replace("data.first_name or 'there'", "data.frist_name or 'there'"))
        await running.shows(
            "no sample of clerk user.created has `data.frist_name`", "did you mean `data.first_name`?"
        )


async def test_its_journal_is_its_own(tmp_path: Path) -> None:
    async with dev(tmp_path, "--send", "clerk/user.created") as running:
        await running.shows("delivered welcome/slack")
        assert (tmp_path / "router.dev.db").exists()
        assert not (tmp_path / "router.db").exists()
