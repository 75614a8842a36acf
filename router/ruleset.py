"""Everything that a configuration says, compiled: what ingress, the worker and the commands run on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from router.collector import paused
from router.config import node as nodes
from router.config.document import Document, read_document
from router.config.files import MAX_YAML, UnusableFile, read_text, shown
from router.config.kept import Kept, Texts
from router.config.node import Mark, Node
from router.config.problem import Problems, TooMany
from router.config.snapshot import Snapshot, snapshot
from router.destinations import Destination, compile_destinations, plugin_of, secrets_of
from router.model import Death, Event, Plan, PlannedDelivery, StoredDelivery
from router.redaction import Redactor
from router.registry import PluginFault, Registry, load_registry
from router.routing.context import Context, Faulty
from router.routing.deaths import on_dead
from router.routing.explain import Explanation, explain
from router.routing.plan import Only, plan
from router.routing.table import ActionPolicy, RouteTable, compile_routes
from router.sources.compile import compile_sources, likely_vars
from router.sources.source import Source


@dataclass(frozen=True)
class Ruleset:
    """One version of the configuration, whole and free of errors; it never changes.

    `watched` are the files and folders that it came from, `snapshot` what it was made of.
    """

    document: Document
    snapshot: Snapshot = field(repr=False)
    registry: Registry
    sources: Mapping[str, Source]
    destinations: Mapping[str, Destination]
    table: RouteTable
    watched: tuple[Path, ...]
    redactor: Redactor = field(repr=False)

    @property
    def digest(self) -> str:
        """The hash of everything that it was made of: the texts of its files, and what came from outside."""
        return self.snapshot.digest

    def plan(self, event: Event, replay: str = "", only: Only | None = None) -> Plan:
        """Decide what is to be done about an event; pure."""
        return replace(plan(self.table, event, replay=replay, only=only), config=self.digest)

    def explain(self, event: Event, named: Collection[str] | None = None) -> Explanation:
        """Say of every route why it takes the event, or why not.

        With `named` only of those that want events of its source and type, and of these.
        """
        return explain(self.table, event, named)

    def on_dead(self, event: Event, death: Death) -> tuple[PlannedDelivery, ...]:
        """Return what is done about the death of a delivery of this event; pure."""
        return on_dead(self.table, event, death)

    def policy(self, delivery: StoredDelivery) -> ActionPolicy:
        """Return how a delivery is retried today; its destination's settings where its action vanished."""
        if (found := self.table.policy(delivery.route, delivery.action)) is not None:
            return found
        destination = self.destinations.get(delivery.destination)
        if destination is None:
            return ActionPolicy()
        return ActionPolicy(retry=destination.retry, timeout=destination.timeout)


@dataclass(frozen=True)
class Loaded:
    """What came of reading a configuration: the rules, or None where there are errors; and all problems.

    `watched` are the files and folders that it came from, missing ones too: where one changes, it is to be
    read again.
    """

    ruleset: Ruleset | None
    problems: Problems
    document: Document | None
    watched: tuple[Path, ...] = ()

    @property
    def texts(self) -> Mapping[str, str]:
        """The text of every file that was read, for showing the lines that problems are about."""
        return self.problems.texts


def load_ruleset(
    path: Path,
    environ: Mapping[str, str],
    *,
    made_up: Callable[[str], str] | None = None,
    made_up_journal: Callable[[str], str] | None = None,
    kept: Kept | None = None,
) -> Loaded:
    """Read and compile a configuration; every fault of every part is told at once, nothing is raised.

    `made_up` gives the values of unset variables, where they may be made up (`dev`), and `made_up_journal`
    those of the journal's address, for who only looks at the file. With `kept` those texts are compiled instead
    of those on the disk.
    """
    problems = Problems(stops=True)
    seen: list[Path] = []
    with paused():
        try:
            document = read_document(
                path, environ, problems, made_up=made_up, made_up_journal=made_up_journal, seen=seen, kept=kept
            )
            if document is not None:
                return _compiled(document, problems, seen, kept)
        except TooMany:
            pass
    return Loaded(None, problems, None, tuple(dict.fromkeys(seen)))


def _compiled(document: Document, problems: Problems, seen: list[Path], kept: Kept | None) -> Loaded:
    registry = load_registry(document.plugins)
    for fault in registry.faults:
        problems.error("broken-plugin", _in_plugin(fault, problems), fault.message)
    sources = compile_sources(document.sources, problems)
    destinations = compile_destinations(document.destinations, registry, problems)
    faulty = Faulty(
        sources={name: likely_vars(node) for name, node in _others(document.sources, sources)},
        destinations={name: plugin_of(name, node) for name, node in _others(document.destinations, destinations)},
        plugins=frozenset(_plugin_name(Path(fault.file)) for fault in registry.faults),
    )
    files = Texts(kept)
    context = Context(sources, destinations, registry, document.vars, files, faulty)
    table = compile_routes(document.routes, context, problems, on_dead=document.on_dead)
    watched = _watched([*seen, *sorted(files.paths)], document.plugins)
    if problems.errors:
        return Loaded(None, problems, document, watched)
    secrets = set(document.written_secrets)
    for source in sources.values():
        secrets.update(source.confidential)
    for destination in destinations.values():
        secrets.update(secrets_of(destination.config))
    taken = snapshot(document, files.read, secrets)
    redactor = Redactor(secrets | document.secrets)
    ruleset = Ruleset(document, taken, registry, sources, destinations, table, watched, redactor)
    return Loaded(ruleset, problems, document, watched)


def _others(section: nodes.Mapping, usable: Collection[str]) -> list[tuple[str, Node]]:
    return [(str(key.value), node) for key, node in section.entries if key.value not in usable]


def _in_plugin(fault: PluginFault, problems: Problems) -> Mark:
    """Return where a plugin is faulty; the text of its file is kept, so that the line can be shown."""
    file, name = Path(fault.file), shown(Path(fault.file))
    with suppress(UnusableFile):
        problems.texts.setdefault(name, read_text(file, MAX_YAML))
    return Mark(name, fault.line)


def _plugin_name(file: Path) -> str:
    return file.parent.name if file.stem == "__init__" else file.stem


def _watched(files: Sequence[Path], plugins: Sequence[Path]) -> tuple[Path, ...]:
    """Return what a configuration came from; of a folder, only the names in it matter."""
    modules = (file for folder in plugins for part in ("*.py", "*/*.py") for file in sorted(folder.glob(part)))
    return tuple(dict.fromkeys((*files, *plugins, *modules)))
