"""The action that docs/plugins.md makes works, by the test that the page shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.examples import prepare
from tests.docs.pages import ROOT


def test_the_action_of_the_page_passes_the_test_of_the_page(tmp_path: Path) -> None:
    prepare(tmp_path, ROOT / "docs" / "plugins.md")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_ntfy.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "2 passed" in found.stdout
