"""What routes are compiled against: the sources, destinations, plugins and constants of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from router.config import node as nodes
from router.destinations import Destination
from router.registry import Registry
from router.sources.source import Source


@dataclass(frozen=True)
class Context:
    """The parts of a configuration that routes refer to.

    `vars` are the constants of the file. `files` gathers what routes read besides (`{file: ...}`). `faulty`
    names sources and destinations that exist and could not be compiled: routes may refer to them unscolded.
    """

    sources: Mapping[str, Source]
    destinations: Mapping[str, Destination]
    registry: Registry
    vars: nodes.Mapping | None = None
    files: set[Path] = field(default_factory=set)
    faulty: frozenset[str] = frozenset()

    @property
    def constants(self) -> dict[str, Any]:
        """The constants of the file, as plain values."""
        return nodes.plain(self.vars) if self.vars is not None else {}

    def known_types(self, sources: tuple[str, ...]) -> frozenset[str] | None:
        """Return every type that these sources can send; None where that is not known of one of them."""
        known = [self.sources[name].known_types for name in sources]
        return frozenset().union(*known) if known and all(known) else None
