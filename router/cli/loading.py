"""Loads the configuration that a command works with, as fast as can be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router.ruleset import Loaded


def load(path: Path, made_up: Callable[[str], str] | None = None) -> Loaded:
    """Return what came of a configuration that stays until the process ends; `made_up` as for `load_ruleset`."""
    from router.collector import paused, set_aside

    with paused():
        from router.ruleset import load_ruleset

        loaded = load_ruleset(path, os.environ, made_up=made_up)
        set_aside()
    return loaded
