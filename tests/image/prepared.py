"""Stands for the build stage where its downloads would take too long: the wheel on dependencies that are there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.image.root import Mount, Root

SITE = Path(aiohttp.__file__).parents[1]
DEPENDENCIES = Mount(SITE, "/opt/dependencies", read_only=True)


def wheel(tree: Path, folder: Path) -> Path:
    """Return the wheel that ROUTER_TEST_WHEEL names, else one built of the tree."""
    if given := os.environ.get("ROUTER_TEST_WHEEL"):
        return Path(given)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(tree)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"the wheel cannot be built:\n{done.stdout}{done.stderr}")
    return next(folder.glob("*.whl"))


def prepared(root: Root, built: Path) -> Root:
    """Make what the build stage leaves: the wheel, installed in a virtual environment at /opt/router.

    The dependencies are not copied: the environment names a folder that `DEPENDENCIES` has to put there.
    """
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": DEPENDENCIES.target,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    root.run(["python3", "-m", "venv", "--without-pip", "/opt/router"], env=env)
    install = ["/opt/router/bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    install += ["--no-index", "--no-deps", "--ignore-installed", f"/dist/{built.name}"]
    root.run(install, env=env, mounts=[Mount(built.parent, "/dist", read_only=True)])
    (site,) = root.written("/opt/router/lib").glob("python3.*/site-packages")
    (site / "dependencies.pth").write_text(DEPENDENCIES.target)
    return root
