"""Each test stands in a folder of its own: it writes the file that it is about there."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the test's folder the working directory."""
    monkeypatch.chdir(tmp_path)
