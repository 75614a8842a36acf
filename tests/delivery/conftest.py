"""What tests of several processes on one journal need."""

from __future__ import annotations

from tests.journal.conftest import postgres_url

__all__ = ["postgres_url"]
