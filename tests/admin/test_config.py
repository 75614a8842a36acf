"""The configuration in force on the admin listener: shown, and read again on a person's word."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router.errors import JournalUnwritable
from router.live import Live
from router.observe import Observer
from router.reload import Reloader
from router.ruleset import Ruleset, load_ruleset
from tests.admin.office import OPEN, Office, office
from tests.journal.values import NOW, Clock, later

TEXT = """
sources: {app: {verify: none, id: $.id}}
routes: [{name: a, actions: [{http: {url: "https://app.example/"}}]}]
"""


class Files:
    """A configuration in a folder, its reloader, and the listener that serves it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "routes.yaml"
        self.path.write_text(TEXT)
        self.ending = False
        self.failure: Exception | None = None
        self.clock = Clock()
        ruleset = self.load().ruleset
        assert ruleset is not None
        self.live = Live(ruleset)
        self.reloader = Reloader(
            self.live, self.load, self._keep, self._apply, Observer(), clock=self.clock, ending=lambda: self.ending
        )
        self.desk: Office

    def load(self) -> Any:
        return load_ruleset(self.path, {})

    async def _keep(self, _: Ruleset) -> None:
        if self.failure is not None:
            raise self.failure

    def _apply(self, _: Ruleset) -> None:
        return

    async def shown(self) -> dict[str, Any]:
        """Return what GET says."""
        status, text = await self.desk.get("/api/v1/config", headers=OPEN)
        assert status == 200
        return dict(json.loads(text))


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    made = Files(tmp_path)
    async with office(tmp_path / "router.db", reloader=made.reloader) as desk:
        made.desk = desk
        yield made


async def test_the_configuration_in_force_is_shown(files: Files) -> None:
    assert await files.shown() == {
        "digest": files.live.ruleset.digest,
        "since": NOW.isoformat(),
        "needs_restart": [],
        "last_reload": None,
    }


async def test_a_reload_answers_with_the_new_digest_once_it_is_in_force(files: Files) -> None:
    before = files.live.ruleset.digest
    files.path.write_text(TEXT.replace("name: a", "name: b") + "server: {listen: ':9000'}\n")
    files.clock.now = later(5)
    status, said = await files.desk.post("reload")
    assert status == 200
    assert said["digest"] == files.live.ruleset.digest != before
    assert said == await files.shown()
    assert said["since"] == later(5).isoformat()
    assert said["needs_restart"] == ["server"]
    assert (said["last_reload"]["result"], said["last_reload"]["at"]) == ("loaded", later(5).isoformat())
    assert [p["severity"] for p in said["last_reload"]["problems"]] == ["warning"] * len(
        said["last_reload"]["problems"]
    )


async def test_a_bad_file_is_a_422_with_its_problems_and_the_old_one_stays(files: Files) -> None:
    before = files.live.ruleset
    files.path.write_text(TEXT.replace("http:", "htpp:"))
    status, said = await files.desk.post("reload")
    assert (status, said["digest"]) == (422, before.digest)
    assert "the old one stays in force" in said["error"]
    (problem,) = said["problems"]
    assert (problem["code"], problem["line"], problem["severity"]) == ("unknown-action", 3, "error")
    assert problem["hint"] == "did you mean `http`?"
    assert files.live.ruleset is before
    last = (await files.shown())["last_reload"]
    assert (last["result"], last["problems"]) == ("refused", [problem])


async def test_a_journal_that_cannot_be_written_is_a_503_with_the_reason_and_no_secret(files: Files) -> None:
    before = files.live.ruleset
    files.failure = JournalUnwritable("cannot reach postgresql://me:hunter2@db")
    files.path.write_text(TEXT.replace("name: a", "name: b"))
    status, said = await files.desk.post("reload")
    assert status == 503
    assert "could not be kept in the journal: cannot reach postgresql://me:***@db" in said["error"]
    assert files.live.ruleset is before
    assert "hunter2" not in json.dumps(await files.shown())


async def test_a_router_that_ends_reloads_nothing(files: Files) -> None:
    files.ending = True
    status, said = await files.desk.post("reload")
    assert (status, said["digest"]) == (409, files.live.ruleset.digest)
    assert "ends" in said["error"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_both_ask_for_a_token(files: Files, headers: dict[str, str]) -> None:
    files.path.write_text(TEXT.replace("name: a", "name: b"))
    assert (await files.desk.post("reload", headers=headers))[0] == 401
    assert (await files.desk.get("/api/v1/config", headers=headers))[0] == 401
    assert (await files.shown())["last_reload"] is None


async def test_a_reload_is_a_post(files: Files) -> None:
    assert (await files.desk.get("/api/v1/reload", headers=OPEN))[0] == 405


async def test_a_router_that_is_just_starting_says_so(desk: Office) -> None:
    assert (await desk.post("reload"))[0] == 503
    assert (await desk.get("/api/v1/config", headers=OPEN))[0] == 503
