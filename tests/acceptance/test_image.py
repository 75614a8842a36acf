"""The image without an engine: the Dockerfile's steps in a root of their own, and their outcome run as engines do.

By default the last stage is followed, on a wheel installed beforehand. With ROUTER_TEST_IMAGE=whole the build
stage is followed too, downloads and all (deploy/prove.sh).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.town import ROOT, SECRET
from tests.image.build import Image, build
from tests.image.container import PATIENCE, Container
from tests.image.dockerfile import parse
from tests.image.prepared import DEPENDENCIES, prepared, wheel
from tests.image.root import Mount, Root, impossible

WHOLE = os.environ.get("ROUTER_TEST_IMAGE") == "whole"
PYTHON = Path(os.environ.get("ROUTER_TEST_IMAGE_PYTHON", sys.base_prefix))
UID = 10001

ROUTES = """
version: 1
plugins: [./plugins]
sources:
  clerk: {provider: clerk, secret: "${CLERK_WEBHOOK_SIGNING_SECRET}"}
destinations:
  sql: {url: "sqlite:///app.db"}
routes:
  - name: users
    source: clerk
    event: user.created
    actions:
      - sql: {upsert: users, key: clerk_id, values: {clerk_id: "{{ data.id }}"}}
      - note: {text: "{{ data.id }}"}
"""
PLUGIN = '''"""A user's own action."""

from __future__ import annotations

from pathlib import Path

from router.plugin import Action, Delivery, Model, Text


class NoteConfig(Model):
    """Where notes go."""

    file: str = "notes.txt"


class NoteParams(Model):
    """One note."""

    text: Text


class Note(Action[NoteConfig, NoteParams]):
    """Adds a line to a file."""

    name = "note"
    Config = NoteConfig
    Params = NoteParams

    def execute(self, params: NoteParams, delivery: Delivery) -> None:
        """Write."""
        with Path(self.config.file).open("a") as file:
            file.write(params.text + "\\n")
'''


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image."""
    folder = tmp_path_factory.mktemp("image")
    if reason := impossible(folder / "probe"):
        pytest.skip(reason)
    first, last = parse((ROOT / "Dockerfile").read_text())
    if WHOLE:
        given = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(("PIP_", "SSL_")) or "proxy" in name.lower()
        }
        built, mounts = Root(folder / "build", PYTHON), []
        build(first, built, context=ROOT, env=given, say=print)
    else:
        mounts = [DEPENDENCIES]
        built = prepared(Root(folder / "build", PYTHON, mounts), wheel(ROOT, folder))
    yield build(last, Root(folder / "image", PYTHON, mounts), stages={"build": built})
    for name in ("build", "image", "probe"):
        shutil.rmtree(folder / name)


class Host:
    """What the user has on the machine that runs the container: a configuration, plugins, a volume."""

    def __init__(self, folder: Path, image: Image) -> None:
        self.image = image
        self.folder = folder
        self.config, self.plugins, self.data = folder / "config", folder / "plugins", folder / "data"
        for one in (self.config, self.plugins, self.data, self.config / "plugins"):
            one.mkdir()
        (self.config / "routes.yaml").write_text(ROUTES)
        (self.plugins / "note.py").write_text(PLUGIN)
        with closing(sqlite3.connect(self.data / "app.db")) as connection, connection:
            connection.execute("create table users (clerk_id text primary key)")
        made = image.root.written("/data").stat()  # a new volume takes the owner of the image's folder
        for one in (self.data, self.data / "app.db"):
            os.chown(one, made.st_uid, made.st_gid)
        os.chown(self.plugins, UID, UID)  # writable: that nothing is written there is the router's doing

    def container(self, **env: str) -> Container:
        """Return the container that `docker run` would start."""
        mounts = [
            Mount(self.config, "/config", read_only=True),
            Mount(self.plugins, "/config/plugins"),
            Mount(self.data, "/data"),
        ]
        return Container(self.image, self.folder / "log", mounts, {"CLERK_WEBHOOK_SIGNING_SECRET": SECRET, **env})

    def users(self) -> list[str]:
        """Return the rows that the `sql` action has written."""
        with closing(sqlite3.connect(self.data / "app.db")) as connection, connection:
            return [row[0] for row in connection.execute("select clerk_id from users order by 1")]


@pytest.fixture
def host(tmp_path: Path, image: Image) -> Host:
    """A machine of its own for a test."""
    return Host(tmp_path, image)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, image: Image) -> Host:
    """The machine of the running container."""
    return Host(tmp_path_factory.mktemp("host"), image)


@pytest.fixture(scope="module")
def running(shared: Host) -> Iterator[Container]:
    """A container that runs and is healthy."""
    with shared.container() as container:
        container.wait_until_healthy()
        yield container


def wait(check: Callable[[], bool], container: Container) -> None:
    """Wait until something holds; it fails with the log."""
    end = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end, container.log
        time.sleep(0.05)


def send(container: Container, user: str) -> None:
    """Have the router's own `send` post a signed event, inside of the container."""
    done = container.execute(
        "router", "send", "clerk/user.created", "--set", f"data.id={user}", "--config", "/config/routes.yaml"
    )
    assert done.stdout.startswith("202 "), done


def test_it_runs_without_rights_on_a_read_only_root(running: Container) -> None:
    status = running.status()
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {str(UID)}
    assert status["Groups"] in ("", str(UID))
    assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {0}
    assert status["NoNewPrivs"] == "1"
    for place in ("/here", "/opt/router/here", "/config/here"):
        assert "Read-only file system" in running.execute("touch", place).stderr
    assert running.execute("touch", "/data/here").returncode == 0
    assert running.execute("pwd").stdout.strip() == "/data"


def test_an_event_is_delivered_by_a_shipped_and_by_a_user_s_action_and_kept_in_the_volume(
    shared: Host, running: Container
) -> None:
    send(running, "user_ada")
    notes = shared.data / "notes.txt"
    wait(lambda: notes.exists() and notes.read_text() == "user_ada\n" and shared.users() == ["user_ada"], running)
    journal = (shared.data / "router.db").stat()
    assert (journal.st_uid, journal.st_gid) == (UID, UID)
    listed = running.execute("router", "deliveries", "list", "--config", "/config/routes.yaml").stdout
    assert listed.count("delivered") == 2, listed


def test_a_mount_over_the_plugins_folder_adds_to_the_shipped_actions_and_gets_no_bytecode(
    shared: Host, running: Container
) -> None:
    done = running.execute("router", "plugin", "list", "--config", "/config/routes.yaml")
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["http", "note", "resend", "slack", "sql"]
    assert done.returncode == 0
    assert [path.name for path in shared.plugins.rglob("*")] == ["note.py"]


def test_the_image_holds_the_wheel_and_neither_the_tree_nor_what_builds_it(running: Container) -> None:
    where = running.execute("python", "-c", "import router; print(router.__file__)").stdout
    assert where.startswith("/opt/router/lib/python3.")
    assert not running.execute("ls", "/src", "/dist").stdout
    pip = running.execute("sh", "-c", "ls /opt/router/bin").stdout.split()
    assert "router" in pip
    assert not [name for name in pip if name.startswith(("pip", "hatch", "pytest", "mypy"))]


def test_the_health_check_holds_only_where_a_router_answers(host: Host, running: Container) -> None:
    assert running.healthy()
    nobody = host.container()
    done = subprocess.run(nobody.argv(host.image.settings.health), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Connection refused" in done.stderr


def test_sigterm_ends_it_with_0_and_the_next_container_goes_on_with_the_journal(host: Host) -> None:
    with host.container() as first:
        first.wait_until_healthy()
        send(first, "user_ada")
        assert first.stop() == 0, first.log
    with host.container() as second:
        second.wait_until_healthy()
        wait(lambda: host.users() == ["user_ada"], second)
        listed = second.execute("router", "events", "list", "--config", "/config/routes.yaml").stdout
        assert listed.count("user.created") == 1, listed
        send(second, "user_bob")
        wait(lambda: host.users() == ["user_ada", "user_bob"], second)


def test_the_example_runs_once_its_tables_are_made_as_the_compose_file_tells(host: Host) -> None:
    for name, source in (("routes.yaml", "routes.example.yaml"), ("routes.example.sql", "routes.example.sql")):
        shutil.copy(ROOT / source, host.config / name)
    (host.data / "app.db").unlink()
    told = (ROOT / "deploy" / "compose.yaml").read_text()
    (line,) = [line for line in told.splitlines() if "executescript" in line]
    code = line.lstrip("# ").strip().strip('"')
    container = host.container(
        SLACK_WEBHOOK_URL="http://127.0.0.1:9/slack", RESEND_API_KEY="re_none", APP_URL="http://127.0.0.1:9"
    )
    subprocess.run(container.argv(["python", "-c", code]), check=True)
    with container:
        container.wait_until_healthy()
        send(container, "user_ada")
        wait(lambda: host.users() == ["user_ada"], container)


def test_a_wrong_configuration_ends_it_at_once_with_1_and_its_place(host: Host) -> None:
    (host.config / "routes.yaml").write_text(ROUTES.replace("upsert: users", "upsret: users"))
    container = host.container()
    settings = host.image.settings
    done = subprocess.run(
        container.argv([*settings.entrypoint, *settings.cmd]),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "/config/routes.yaml:13:" in done.stdout + done.stderr
    assert not (host.data / "router.db").exists()
