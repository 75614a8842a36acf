"""What is deployed agrees with the product: the Dockerfile, the compose file, the Kubernetes manifest."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from router.config.made_up import made_up
from router.config.settings import AdminSettings, JournalSettings, ServerSettings
from router.config.units import duration
from router.ruleset import load_ruleset
from tests.image.dockerfile import Ignored, Settings, Stage, parse

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    """The stages of the Dockerfile."""
    return parse((ROOT / "Dockerfile").read_text())


@pytest.fixture(scope="module")
def settings(stages: list[Stage]) -> Settings:
    """What the image tells an engine."""
    found = Settings()
    for one in stages[-1].instructions:
        found.apply(one)
    return found


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, Any]]:
    """The Kubernetes manifest, by kind."""
    return {one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes-sidecar.yaml").read_text())}


@pytest.fixture(scope="module")
def pod(manifest: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The pod of the manifest."""
    found: dict[str, Any] = manifest["StatefulSet"]["spec"]["template"]["spec"]
    return found


@pytest.fixture(scope="module")
def sidecar(pod: dict[str, Any]) -> dict[str, Any]:
    """The router's container in the pod."""
    (found,) = [one for one in pod["containers"] if one["name"] == "router"]
    return dict(found)


def test_the_image_runs_as_nobody_in_its_volume_and_takes_a_mounted_configuration(settings: Settings) -> None:
    assert settings.user == "10001:10001"
    assert settings.workdir == "/data"
    assert settings.volumes == ["/data"]
    assert [*settings.entrypoint, *settings.cmd] == ["router", "run", "/config/routes.yaml"]
    assert settings.stop_signal == "SIGTERM"
    assert settings.env["PATH"].startswith("/opt/router/bin:/usr/local/bin:")
    assert settings.env["PYTHONDONTWRITEBYTECODE"] == settings.env["PYTHONUNBUFFERED"] == "1"


def test_the_last_stage_takes_the_installed_wheel_and_nothing_of_the_tree(stages: list[Stage]) -> None:
    build, last = stages
    assert build.base == last.base
    (copy,) = last.all("COPY")
    assert (copy.flags, copy.value) == ({"from": build.name}, "/opt/router /opt/router")
    assert not last.all("ADD")
    assert not [run for run in last.all("RUN") if "pip" in run.value]
    assert not [
        run for stage in stages for run in stage.all("RUN") if " -e " in run.value or "--editable" in run.value
    ]


def test_the_health_check_asks_where_the_router_listens_by_default(settings: Settings) -> None:
    port = ServerSettings().port
    assert settings.ports == [str(port)]
    assert f"http://127.0.0.1:{port}/healthz" in settings.health[-1]


def test_the_build_gets_what_the_wheel_needs_and_no_secret(stages: list[Stage]) -> None:
    ignored = Ignored((ROOT / ".dockerignore").read_text())
    needed = [
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "router/app.py",
        "plugins/slack/probe.py",
        "router/py.typed",
    ]
    needed += [one.arguments()[0] for one in stages[0].all("COPY") if one.arguments()[0] != "."]
    assert [path for path in needed if ignored(PurePosixPath(path))] == []
    unwanted = [".env", ".git/config", "app.db", "router.db", "deploy/config/routes.yaml", "tests/ports.py"]
    unwanted += [
        ".venv/bin/python",
        "router/__pycache__/app.pyc",
        "plugins/sql/__pycache__/check.pyc",
        "routes.yaml",
    ]
    assert [path for path in unwanted if not ignored(PurePosixPath(path))] == []


def test_compose_gives_the_router_its_folders_its_port_and_time_to_drain(
    compose: dict[str, Any], settings: Settings
) -> None:
    router = compose["services"]["router"]
    assert (DEPLOY / router["build"]["context"] / "Dockerfile").resolve() == ROOT / "Dockerfile"
    mounts = {one.split(":")[1]: one.split(":") for one in router["volumes"]}
    assert mounts["/config"][2:] == ["ro"]
    assert mounts[settings.workdir][0] in compose["volumes"]
    assert router["ports"] == [f"{ServerSettings().port}:{ServerSettings().port}"]
    assert duration(router["stop_grace_period"]) > ServerSettings().drain
    assert (router["read_only"], router["cap_drop"], router["tmpfs"]) == (True, ["ALL"], ["/tmp"])


def test_compose_sets_every_variable_of_the_example_and_calls_its_neighbour(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    for name, source in (("routes.yaml", "routes.example.yaml"), ("routes.example.sql", "routes.example.sql")):
        shutil.copy(ROOT / source, tmp_path / name)
    loaded = load_ruleset(tmp_path / "routes.yaml", {}, made_up=made_up)
    assert loaded.problems.errors == []
    assert loaded.document is not None
    given = compose["services"]["router"]["environment"]
    assert loaded.document.made | {"DATABASE_URL"} == set(given), "DATABASE_URL has a default in the example"
    host, _, port = given["APP_URL"].removeprefix("http://").partition(":")
    assert compose["services"][host]["expose"] == [port]


def test_the_configuration_in_the_manifest_is_valid_and_calls_the_app_in_the_pod(
    manifest: dict[str, dict[str, Any]], pod: dict[str, Any], sidecar: dict[str, Any], tmp_path: Path
) -> None:
    data = manifest["ConfigMap"]["data"]
    (mount,) = [one for one in sidecar["volumeMounts"] if one["name"] == "config"]
    assert [f"{mount['mountPath']}/{name}" for name in data] == sidecar["args"][1:]
    (tmp_path / "routes.yaml").write_text(data["routes.yaml"])
    environ = {one["name"]: made_up(one["name"]) for one in sidecar["env"]}
    loaded = load_ruleset(tmp_path / "routes.yaml", environ)
    assert loaded.problems.errors == []
    (app,) = [one for one in pod["containers"] if one["name"] == "app"]
    assert f"http://127.0.0.1:{app['ports'][0]['containerPort']}" in data["routes.yaml"]
    assert f"{AdminSettings().host}:{AdminSettings().port}" in data["routes.yaml"]


def test_the_sidecar_may_write_to_its_volume_only_and_is_nobody(
    pod: dict[str, Any], sidecar: dict[str, Any]
) -> None:
    uid, gid = 10001, 10001
    context = sidecar["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["runAsNonRoot"]) == (uid, gid, True)
    assert pod["securityContext"]["fsGroup"] == gid
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert {one["mountPath"] for one in sidecar["volumeMounts"] if not one.get("readOnly")} == {"/data", "/tmp"}


def test_the_probes_ask_what_the_router_answers_and_wait_for_the_journal(
    manifest: dict[str, dict[str, Any]], pod: dict[str, Any], sidecar: dict[str, Any]
) -> None:
    (port,) = sidecar["ports"]
    assert port["containerPort"] == ServerSettings().port
    alive, ready = sidecar["livenessProbe"], sidecar["readinessProbe"]
    assert alive["httpGet"] == {"path": "/healthz", "port": port["name"]}
    assert ready["httpGet"] == {"path": "/readyz", "port": port["name"]}
    assert alive["periodSeconds"] * alive["failureThreshold"] > JournalSettings().lock_wait
    assert pod["terminationGracePeriodSeconds"] > ServerSettings().drain
    assert port["name"] in {one["targetPort"] for one in manifest["Service"]["spec"]["ports"]}
    assert manifest["StatefulSet"]["spec"]["replicas"] == 1


def test_every_claim_and_volume_that_is_mounted_exists(
    manifest: dict[str, dict[str, Any]], pod: dict[str, Any], sidecar: dict[str, Any]
) -> None:
    claims = {one["metadata"]["name"] for one in manifest["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    volumes = {one["name"] for one in pod["volumes"]}
    assert {one["name"] for one in sidecar["volumeMounts"]} == claims | volumes
    named = [one["configMap"]["name"] for one in pod["volumes"] if "configMap" in one]
    assert named == [manifest["ConfigMap"]["metadata"]["name"]]


def test_the_pins_name_no_address_and_cover_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: dev.get(name) for name in run} == run, "both files pin the same versions"
    assert packages(project["project"]["dependencies"]) - run.keys() == set()
    extras = project["project"]["optional-dependencies"]
    wanted = packages([*(one for extra in extras.values() for one in extra), *project["dependency-groups"]["dev"]])
    assert wanted - {"router"} - dev.keys() == set()


def packages(requirements: list[str]) -> set[str]:
    """Return the normalized names of requirements."""
    names = (re.match(r"[\w.-]+", one) for one in requirements)
    return {re.sub("[-_.]+", "-", name[0]).lower() for name in names if name}


def pins(name: str) -> dict[str, str]:
    """Return the version of each package; every line has to be a pin."""
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[\w.]+", line)] == []
    return dict(line.split("==") for line in lines)
