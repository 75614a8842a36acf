"""What routes are compiled against: the sources, destinations, plugins and constants of the configuration."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from router.config import node as nodes
from router.config.kept import Texts
from router.destinations import Destination
from router.registry import Registry
from router.routing.names import ALWAYS
from router.sources.source import Source


@dataclass(frozen=True)
class Faulty:
    """What stands in the file and is at fault, which was told already.

    `sources` map to the vars that their events would have, `destinations` to their type. `plugins` are
    the names of plugin files that could not be loaded.
    """

    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    destinations: Mapping[str, str] = field(default_factory=dict)
    plugins: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Context:
    """The parts of a configuration that routes refer to.

    `vars` are the constants of the file. `files` reads what routes name besides (`{file: ...}`). The faulty
    ones are named in the file and could not be compiled: routes may refer to them unscolded.
    """

    sources: Mapping[str, Source]
    destinations: Mapping[str, Destination]
    registry: Registry
    vars: nodes.Mapping | None = None
    files: Texts = field(default_factory=Texts)
    faulty: Faulty = field(default_factory=Faulty)
    _names: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict, init=False)

    @cached_property
    def constants(self) -> dict[str, Any]:
        """The constants of the file, as plain values."""
        return nodes.plain(self.vars) if self.vars is not None else {}

    def names(self, sources: tuple[str, ...]) -> frozenset[str]:
        """Return what templates may name: what they always may, and the vars of any of these sources."""
        if (found := self._names.get(sources)) is None:
            of_sources = {name for source in sources for name in self.sources[source].vars}
            found = self._names[sources] = ALWAYS.union(self.constants, of_sources)
        return found

    def likely_vars(self, source: str) -> frozenset[str]:
        """Return the vars that an unusable source would have; of one that does not exist, those of all."""
        if source in self.faulty.sources:
            return self.faulty.sources[source]
        vars_ = (name for known in self.sources.values() for name in known.vars)
        return frozenset(vars_).union(*self.faulty.sources.values())

    def known_types(self, sources: Collection[str]) -> frozenset[str] | None:
        """Return every type that these sources can send; None where that is not known of one of them."""
        known = [self.sources[name].known_types if name in self.sources else frozenset() for name in sources]
        return frozenset().union(*known) if known and all(known) else None
