"""A configuration that changes while the router runs: what is noticed, and what is put in force."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from router.errors import JournalUnwritable
from router.live import Live
from router.observe import Observer
from router.reload import Reloader, Result
from router.ruleset import Loaded, Ruleset, load_ruleset
from router.tasks import spawn
from tests.journal.values import NOW, Clock, later

TEXT = """
include: [routes.d/*.yaml]
plugins: [plugins]
sources:
  app: {verify: {scheme: token, header: X-Token}, secret: "${file:secret}", id: $.id}
routes:
  - name: a
    actions:
      - http: {url: "https://app.example/", body: {file: body.txt}}
"""
MORE = "routes: [{name: more, actions: [{http: {url: 'https://app.example/'}}]}]"
GUARDED = """
version: 1
sources:
  clerk: {provider: clerk, secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3}
routes:
  - name: a
    source: clerk
    event: user.created
    actions: [http: {url: "https://app.example/"}]
"""
PLUGIN = """
from router.plugin import Action, Model

class Config(Model):
    pass

class Params(Model):
    pass

class Shout(Action[Config, Params]):
    name = "shout"
    Config = Config
    Params = Params

    async def execute(self, params, delivery):
        return {}
"""


class Told(Observer):
    def __init__(self) -> None:
        self.reloads: list[int] = []
        self.failures: list[str] = []

    def reloaded(self, digest: str, problems: int, failure: str = "") -> None:
        self.reloads.append(problems)
        self.failures.append(failure)


async def nothing(_: Ruleset) -> None:
    return


class Desk:
    """A configuration in a folder, and its reloader, which looks when it is told to."""

    def __init__(self, folder: Path, text: str = TEXT) -> None:
        self.folder = folder
        for name in ("routes.d", "plugins"):
            (folder / name).mkdir()
        self.write("secret", "first-secret")
        self.write("body.txt", "hello")
        self.write("plugins/shout.py", PLUGIN)
        self.write("routes.d/some.yaml", MORE)
        self.write("routes.yaml", text)
        self.loads = 0
        self.during: Callable[[], object] = lambda: None
        self.told = Told()
        self.applied: list[Ruleset] = []
        first = self._load().ruleset
        assert first is not None
        self.live = Live(first)
        self.clock = Clock()
        self.ending = False
        self.preparing: Callable[[Ruleset], Awaitable[None]] = nothing
        self.reloader = Reloader(
            self.live,
            self._load,
            lambda ruleset: self.preparing(ruleset),
            self.applied.append,
            self.told,
            clock=self.clock,
            ending=lambda: self.ending,
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def _load(self) -> Loaded:
        self.loads += 1
        loaded = load_ruleset(self.folder / "routes.yaml", {})
        self.during()
        return loaded

    @property
    def routes(self) -> list[str]:
        return [route.name for route in self.live.ruleset.table.routes]

    async def looks(self, times: int = 2) -> bool:
        """Look several times; tell whether a configuration was put in force."""
        return any([await self.reloader.look() for _ in range(times)])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_files_that_stand_still_are_not_read_again(desk: Desk) -> None:
    assert not await desk.looks(5)
    assert desk.loads == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("routes.yaml", TEXT + "# more"),
        ("routes.d/some.yaml", MORE + "# more"),
        ("routes.d/new.yaml", MORE.replace("more", "new")),
        ("secret", "second-secret"),
        ("body.txt", "good evening"),
        ("plugins/shout.py", PLUGIN + "# more"),
        ("plugins/loud.py", PLUGIN.replace("shout", "loud")),
    ],
)
async def test_a_change_of_anything_that_it_was_made_of_is_noticed(desk: Desk, name: str, text: str) -> None:
    desk.write(name, text)
    assert await desk.looks()
    assert desk.told.reloads == [0]
    assert desk.applied == [desk.live.ruleset]
    assert not await desk.looks(3), "once is enough"


async def test_a_file_that_is_taken_away_from_an_include_is_noticed(desk: Desk) -> None:
    (desk.folder / "routes.d/some.yaml").unlink()
    assert await desk.looks()
    assert desk.routes == ["a"]


async def test_a_faulty_file_keeps_the_old_configuration_and_says_so(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    before = desk.live.ruleset
    desk.write("routes.yaml", TEXT.replace("http:", "htpp:"))
    with caplog.at_level(logging.ERROR):
        assert not await desk.looks()
    assert desk.live.ruleset is before
    assert desk.applied == []
    assert desk.told.reloads == [1]
    assert "there is no action `htpp`" in caplog.text
    assert "did you mean `http`?" in caplog.text
    assert not await desk.looks(3)
    assert desk.told.reloads == [1], "a fault is told once, not every second"


async def test_a_file_with_warnings_is_taken_and_they_are_told(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write("routes.yaml", GUARDED.replace("user.created", "user.create"))
    with caplog.at_level(logging.INFO):
        assert await desk.looks()
    assert "is in force" in caplog.text
    assert "routes.yaml:8:12: warning: `user.create` is no known event type of the source" in caplog.text
    assert "did you mean `user.created`?" in caplog.text
    caplog.clear()
    desk.write("routes.yaml", GUARDED)
    with caplog.at_level(logging.INFO):
        assert await desk.looks()
    assert "warning" not in caplog.text


async def test_a_faulty_file_that_is_mended_is_taken(desk: Desk) -> None:
    desk.write("routes.yaml", "routes: [")
    assert not await desk.looks()
    desk.write("routes.yaml", TEXT.replace("name: a", "name: b"))
    assert await desk.looks()
    assert "b" in desk.routes


async def test_a_new_file_that_is_faulty_is_watched_before_it_was_ever_in_force(desk: Desk) -> None:
    desk.write("new.yaml", "routes: [")
    desk.write("routes.yaml", TEXT.replace("include: [", "include: [new.yaml, "))
    assert not await desk.looks()
    desk.write("new.yaml", MORE.replace("more", "new"))
    assert await desk.looks()
    assert "new" in desk.routes


@pytest.mark.parametrize(
    ("old", "new", "missing", "text"),
    [
        ("include: [", "include: [later.yaml, ", "later.yaml", MORE.replace("more", "later")),
        ("${file:secret}", "${file:later}", "later", "a-later-secret"),
        ("file: body.txt", "file: later.txt", "later.txt", "later"),
    ],
)
async def test_a_file_that_was_missing_is_taken_once_it_is_there(
    desk: Desk, old: str, new: str, missing: str, text: str
) -> None:
    desk.write("routes.yaml", TEXT.replace(old, new))
    assert not await desk.looks()
    assert desk.told.reloads == [1]
    desk.write(missing, text)
    assert await desk.looks()


async def test_a_file_that_is_written_in_steps_is_read_when_it_is_done(desk: Desk) -> None:
    new = TEXT.replace("name: a", "name: b")
    for length in (10, 100, len(new)):
        desk.write("routes.yaml", new[:length])
        assert not await desk.looks(1)
    assert await desk.looks(1)
    assert desk.loads == 2
    assert "b" in desk.routes


async def test_a_change_while_it_is_read_is_noticed_afterwards(desk: Desk) -> None:
    desk.write("routes.yaml", TEXT.replace("name: a", "name: b"))
    desk.during = lambda: desk.write("routes.yaml", TEXT.replace("name: a", "name: the-last"))
    assert await desk.looks()
    desk.during = lambda: None
    assert await desk.looks()
    assert "the-last" in desk.routes


async def test_a_file_that_another_replaces_under_its_name_is_noticed(desk: Desk) -> None:
    desk.write("routes.yaml.new", TEXT.replace("name: a", "name: b"))
    (desk.folder / "routes.yaml.new").rename(desk.folder / "routes.yaml")
    assert await desk.looks()
    assert "b" in desk.routes


async def test_a_file_of_the_same_size_and_time_is_another_file(desk: Desk) -> None:
    file, other = desk.folder / "routes.yaml", desk.folder / "other.yaml"
    desk.write("other.yaml", TEXT.replace("name: a", "name: b"))
    state = file.stat()
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.rename(file)  # as a deployment does that sets all times to one
    assert await desk.looks()
    assert "b" in desk.routes


async def test_a_link_that_is_pointed_elsewhere_is_noticed(desk: Desk) -> None:
    for name, route in (("one", "a"), ("two", "b")):
        (desk.folder / name).mkdir()
        desk.write(f"{name}/routes.d", TEXT.replace("name: a", f"name: {route}"))
    link = desk.folder / "..data"
    link.symlink_to("one")
    (desk.folder / "routes.yaml").unlink()
    (desk.folder / "routes.yaml").symlink_to("..data/routes.d")
    assert await desk.looks()
    (desk.folder / "..new").symlink_to("two")
    (desk.folder / "..new").rename(link)  # as Kubernetes does for a ConfigMap
    assert await desk.looks()
    assert "b" in desk.routes


async def test_a_file_that_is_gone_for_a_moment_changes_nothing(desk: Desk) -> None:
    (desk.folder / "routes.yaml").unlink()
    assert not await desk.looks(1)
    desk.write("routes.yaml", TEXT)
    await desk.looks()
    assert 1 not in desk.told.reloads


@pytest.mark.parametrize("name", [".some.yaml.swp", "some.yaml~", "app.db-wal", "4913.lock"])
async def test_the_files_of_an_editor_and_of_a_database_are_none_of_its_own(desk: Desk, name: str) -> None:
    desk.write(f"routes.d/{name}", "")
    assert not await desk.looks(3)
    assert desk.loads == 1


async def test_a_reload_that_was_asked_for_is_not_done_again_by_the_watcher(desk: Desk) -> None:
    desk.write("routes.yaml", TEXT.replace("name: a", "name: b"))
    assert (await desk.reloader.reload()).result is Result.LOADED
    assert not await desk.looks(3)
    assert desk.loads == 2


async def test_a_reload_is_said_and_settings_that_are_back_as_they_were_need_no_restart(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.write("routes.yaml", TEXT + "server: {listen: ':9000'}\n")
    assert await desk.looks()
    caplog.clear()
    desk.write("routes.yaml", TEXT)
    with caplog.at_level(logging.INFO):
        assert await desk.looks()
    assert "is in force" in caplog.text
    assert "has changed" not in caplog.text


async def test_settings_that_need_a_restart_are_named(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.write("routes.yaml", TEXT + "server: {listen: ':9000'}\njournal: sqlite:///other.db\n")
    with caplog.at_level(logging.WARNING):
        assert await desk.looks()
    said = [record.getMessage() for record in caplog.records]
    assert [
        word for word in ("server", "admin", "journal") if any(f"`{word}` has changed" in s for s in said)
    ] == [
        "server",
        "journal",
    ]


async def test_a_change_in_the_middle_of_reading_is_never_half_in_force(desk: Desk) -> None:
    def changes() -> None:
        desk.during = lambda: None
        desk.write("routes.d/some.yaml", MORE.replace("more", "second-half"))
        desk.write("body.txt", "second half")

    desk.write("routes.yaml", TEXT.replace("name: a", "name: b"))
    desk.during = changes
    assert (await desk.reloader.reload()).result is Result.LOADED
    assert len(desk.applied) == 1
    assert desk.routes == ["b", "second-half"]
    assert not await desk.looks(3), "nothing is left to be read"


async def test_a_file_that_is_new_to_it_and_changes_at_once_is_read_as_it_is_in_the_end(desk: Desk) -> None:
    def changes() -> None:
        desk.during = lambda: None
        desk.write("new.yaml", MORE.replace("more", "the-last"))

    desk.write("new.yaml", MORE.replace("more", "new"))
    desk.write("routes.yaml", TEXT.replace("include: [", "include: [new.yaml, "))
    desk.during = changes
    await desk.reloader.reload()
    assert "the-last" in desk.routes


async def test_two_reloads_at_once_read_one_after_the_other_and_the_last_word_counts(desk: Desk) -> None:
    desk.write("routes.yaml", TEXT.replace("name: a", "name: b"))
    first = spawn(desk.reloader.reload(), name="first")
    await asyncio.sleep(0)
    desk.write("routes.yaml", TEXT.replace("name: a", "name: the-last"))
    second = await desk.reloader.reload()
    assert (await first).result is second.result is Result.LOADED
    assert desk.reloader.last is second
    assert second.digest == desk.live.ruleset.digest
    assert "the-last" in desk.routes


async def test_a_configuration_that_cannot_be_kept_is_not_put_in_force(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(_: Ruleset) -> None:
        raise JournalUnwritable("the disk is full")

    before = desk.live.ruleset
    desk.preparing = full
    desk.write("routes.yaml", TEXT.replace("name: a", "name: b"))
    ended = await desk.reloader.reload()
    assert (ended.result, ended.digest) == (Result.FAILED, before.digest)
    assert ended.reason == "the configuration could not be kept in the journal: the disk is full"
    assert desk.live.ruleset is before
    assert desk.applied == []
    assert desk.told.failures == [ended.reason]
    assert "the disk is full; the old configuration stays in force" in caplog.text
    desk.preparing = nothing
    assert (await desk.reloader.reload()).result is Result.LOADED


async def test_a_reading_that_fails_unexpectedly_is_an_outcome_and_no_end(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> None:
        raise RecursionError

    desk.during = fails
    assert (await desk.reloader.reload()).reason == "unexpected RecursionError"
    desk.during = lambda: None
    assert (await desk.reloader.reload()).result is Result.LOADED
    assert "Traceback" in caplog.text


async def test_nothing_is_put_in_force_once_the_router_ends(desk: Desk) -> None:
    def ends() -> None:
        desk.ending = True

    before = desk.live.ruleset
    desk.write("routes.yaml", TEXT.replace("name: a", "name: b"))
    desk.during = ends  # while the files are read
    assert (await desk.reloader.reload()).result is Result.ENDING
    loads = desk.loads
    assert (await desk.reloader.reload()).result is Result.ENDING
    assert desk.loads == loads, "and nothing is read"
    desk.ending, desk.during = False, lambda: None

    async def ends_late(_: Ruleset) -> None:
        desk.ending = True

    desk.preparing = ends_late  # while it is kept
    assert (await desk.reloader.reload()).result is Result.ENDING
    assert desk.live.ruleset is before
    assert desk.applied == []
    assert desk.told.reloads == []
    assert desk.reloader.last is None


async def test_a_close_waits_for_the_reload_that_goes_on(desk: Desk) -> None:
    gate = asyncio.Event()

    async def waits(_: Ruleset) -> None:
        await gate.wait()

    desk.preparing = waits
    going_on = spawn(desk.reloader.reload(), name="reload")
    closing = spawn(desk.reloader.close(), name="close")
    await asyncio.sleep(0)
    assert not closing.done()
    gate.set()
    await closing
    assert (await going_on).result is Result.ENDING
    assert desk.applied == []


async def test_since_when_a_configuration_is_in_force_is_known(desk: Desk) -> None:
    desk.clock.now = later(10)
    await desk.reloader.reload()
    assert desk.reloader.since == NOW, "the same one is no other"
    desk.write("body.txt", "good evening")
    await desk.reloader.reload()
    assert desk.reloader.since == later(10)
    desk.clock.now = later(20)
    desk.write("routes.yaml", "routes: [")
    ended = await desk.reloader.reload()
    assert (ended.at, ended.result, desk.reloader.since) == (later(20), Result.REFUSED, later(10))
    assert desk.reloader.last is ended
