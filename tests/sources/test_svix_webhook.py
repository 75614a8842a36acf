"""svix signs, and its API client stays out of the process."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import svix.webhooks

from router.sources import svix_webhook

KEY = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LQ=="
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_source_of_svix_does_not_import_the_api_client() -> None:
    program = """
import sys
from tests.sources.build import SECRET, compiled
before = set(sys.modules)
sources, problems = compiled("a: {provider: clerk, secret: %s}" % SECRET)
print(list(sources), sorted(name for name in set(sys.modules) - before if name.split(".")[0] in ("svix", "httpx")))
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told == "['a'] []\n"


def test_what_signs_is_the_file_of_svix() -> None:
    alone = svix_webhook._alone()
    assert alone is not None
    assert alone is svix_webhook._alone()
    assert sys.modules[alone.__module__].__file__ == svix.webhooks.__file__
    assert alone(KEY).sign("msg_1", NOW, "{}") == svix.webhooks.Webhook(KEY).sign("msg_1", NOW, "{}")


@pytest.mark.parametrize("text", [None, "from .api import Svix", "Other = 1", "raise OSError"])
def test_a_file_that_does_not_stand_on_its_own_leads_to_the_whole_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "webhooks.py").write_text(text)
    package = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: package)
    monkeypatch.delitem(sys.modules, svix_webhook._NAME, raising=False)
    assert svix_webhook._alone() is None
    assert svix_webhook.webhook_class() is svix.webhooks.Webhook
