"""Makes ids for events of senders that give none: `dedupe: {key: [...], window: 10m}`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from router.sources.locator import Locator


@dataclass(frozen=True, slots=True)
class Dedupe:
    """Events with the same values at `key` are one and the same for as long as `window`, from the first one on."""

    key: tuple[Locator, ...]
    window: timedelta

    def id_of(self, find: Callable[[Locator], Any]) -> str | None:
        """Return the id that an event's values make; None where it has none of them."""
        values = [find(place) for place in self.key]
        if all(value is None for value in values):
            return None
        text = json.dumps(values, sort_keys=True, separators=(",", ":"))
        return f"key_{hashlib.sha256(text.encode()).hexdigest()[:32]}"
