"""routes.yaml and what it includes -> one document: settings read, references resolved, the rest as trees."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Mapping as Values
from dataclasses import dataclass
from pathlib import Path

from router.config import habits
from router.config.fields import kind_of
from router.config.files import near, shown
from router.config.fingerprint import fingerprint
from router.config.include import File, Reader
from router.config.kept import Kept, name_of
from router.config.node import Mapping, Mark, Node, Scalar, Sequence
from router.config.problem import Problems, TooMany, did_you_mean
from router.config.references import Found
from router.config.settings import (
    AdminSettings,
    JournalSettings,
    ServerSettings,
    check_addresses,
    read_admin,
    read_journal,
    read_server,
)

VERSION = 1  #: of the language
MAX_TAGS = 100_000  #: `{{ }}` and `{% %}` of all files
_SETTINGS = ("server", "admin", "journal")  # once in all files
_NAMED = ("vars", "sources", "destinations")  # names from all files
_MADE_UP = frozenset({*_NAMED, "admin"})  # where `dev` makes up what is not set
_KEYS = frozenset({"version", "include", "plugins", "routes", "on_dead", *_SETTINGS, *_NAMED})


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that a configuration says.

    `files` are all that were read, includes and files of secrets too, and `folders` those whose new files
    would be included: what a watcher looks at. `texts` holds the raw text of each YAML file by the name it
    has in marks. `secrets` are the values that came from outside, `made` the names of the variables that were
    made up, and `variables` the fingerprints of all that references stood for (as a snapshot has them).
    """

    path: Path
    files: tuple[Path, ...]
    folders: tuple[Path, ...]
    texts: Values[str, str]
    server: ServerSettings
    admin: AdminSettings
    journal: JournalSettings
    plugins: tuple[Path, ...]
    vars: Mapping
    sources: Mapping
    destinations: Mapping
    routes: tuple[Node, ...]
    on_dead: Node | None
    secrets: frozenset[str]
    made: frozenset[str]
    invented: frozenset[str]
    variables: Values[str, str]

    @property
    def written_secrets(self) -> frozenset[str]:
        """The secrets of its settings, as they may stand in the file."""
        return self.journal.secrets | ({self.admin.token} if self.admin.token else frozenset())


def read_document(
    path: Path,
    environ: Values[str, str],
    problems: Problems,
    *,
    made_up: Callable[[str], str] | None = None,
    made_up_journal: Callable[[str], str] | None = None,
    seen: list[Path] | None = None,
    kept: Kept | None = None,
) -> Document | None:
    """Read a configuration; every fault is noted in `problems`, the texts of its files in `problems.texts`.

    Returns None where a file could not be read or parsed, because what is missing would cause errors that
    are none, and where there is too much of anything. `made_up` gives the value of an unset variable in
    sources, destinations, vars and admin, and `made_up_journal` in `journal`, for who opens none. `seen` is
    given every file and folder that was looked at, those that cannot be read too: they may be mended. With
    `kept` the texts are those, and nothing but plugins and files of secrets is looked for on the disk.
    """
    found = Found()
    reader = Reader(environ, problems, found, kept)
    gathered = _Gathered(problems, {**dict.fromkeys(_MADE_UP, made_up), "journal": made_up_journal})
    try:
        _read(reader, path, gathered, problems)
    except TooMany:
        return None
    finally:
        if seen is not None:
            seen.extend((*reader.tree.paths, *reader.tree.folders, *found.files))
    if not reader.tree.whole:
        return None
    files = reader.tree.files
    server = read_server(gathered.settings.get("server"), problems)
    admin = read_admin(gathered.settings.get("admin"), problems)
    journal = read_journal(gathered.settings.get("journal"), problems)
    found.secrets |= journal.secrets
    start = Mark(files[0].name)
    where = gathered.settings.get("admin") or gathered.settings.get("server") or start
    check_addresses(server, admin, where, problems)
    if admin.token is not None:
        found.secrets.add(admin.token)
    return Document(
        path=path,
        files=(*reader.tree.paths, *found.files),
        folders=tuple(dict.fromkeys(reader.tree.folders)),
        texts={file.name: file.text for file in files},
        server=server,
        admin=admin,
        journal=journal,
        plugins=tuple(dict.fromkeys(gathered.plugins)),
        vars=gathered.named("vars", start),
        sources=gathered.named("sources", start),
        destinations=gathered.named("destinations", start),
        routes=tuple(gathered.routes),
        on_dead=gathered.settings.get("on_dead"),
        secrets=frozenset(found.secrets),
        made=frozenset(found.made),
        invented=frozenset(found.invented),
        variables=_variables(found, os.path.abspath(path.parent)),
    )


def _read(reader: Reader, path: Path, gathered: _Gathered, problems: Problems) -> None:
    """Read the files, and put together what they say if every one of them could be read."""
    reader.read_all(path)
    if reader.tree.whole:
        for file in reader.tree.files:
            gathered.take(file)
        _check_tags(reader.tree.files, problems)
        _check_route_names(gathered.routes, problems)


class _Gathered:
    """The top-level keys of all files, put together."""

    def __init__(self, problems: Problems, made_up: Values[str, Callable[[str], str] | None]) -> None:
        self._problems = problems
        self._made_up = made_up
        self._keys: dict[str, Scalar] = {}  # of the settings: where each was given
        self._entries: dict[str, dict[str, tuple[Scalar, Node]]] = {name: {} for name in _NAMED}
        self._marks: dict[str, Mark] = {}
        self.settings: dict[str, Node] = {}
        self.plugins: list[Path] = []
        self.routes: list[Node] = []

    def take(self, file: File) -> None:
        """Add what one file says."""
        for key, value in file.node.entries:
            name = str(key.value)
            if name == "routes":
                self._routes(file.references.refuse(value))
            elif name == "on_dead":
                self._add(file, name, key, file.references.refuse(value))
            elif name in _SETTINGS or name in _NAMED or name == "plugins":
                settings = name in ("sources", "destinations", "admin", "journal")
                resolved = file.references.resolve(value, made_up=self._made_up.get(name), settings=settings)
                self._add(file, name, key, resolved)
            elif name == "version":
                self._version(value)
            elif name != "include" and not name.startswith("x-"):
                hint = habits.FILE.get(name) or did_you_mean(name, _KEYS) or "known: " + ", ".join(sorted(_KEYS))
                self._problems.error("unknown-key", key, f"the file has no key `{name}`", hint)

    def named(self, name: str, start: Mark) -> Mapping:
        """Return one of the mappings of names, from all files."""
        return Mapping(tuple(self._entries[name].values()), self._marks.get(name, start))

    def _add(self, file: File, name: str, key: Scalar, value: Node) -> None:
        if name == "plugins":
            self._plugins(file, value)
        elif name in _NAMED:
            self._names(name, value)
        elif name in self._keys:
            hint = "keep one of them"
            self._problems.error(
                "duplicate-key", key, f"`{name}` is given at {self._keys[name].mark} as well", hint
            )
        else:
            self._keys[name], self.settings[name] = key, value

    def _names(self, name: str, value: Node) -> None:
        if not isinstance(value, Mapping):
            message = f"`{name}` must be a mapping of names, not {kind_of(value)}"
            self._problems.error("wrong-type", value, message)
            return
        self._marks.setdefault(name, value.mark)
        entries = self._entries[name]
        what = {"vars": "variable"}.get(name, name.removesuffix("s"))
        for key, inner in value.entries:
            known = entries.setdefault(str(key.value), (key, inner))[0]
            if known is not key:
                message = f"the {what} `{key.value}` is defined at {known.mark} as well"
                self._problems.error("duplicate-name", key, message, "give one of them another name")

    def _plugins(self, file: File, value: Node) -> None:
        for entry in value.items if isinstance(value, Sequence) else (value,):
            if not (isinstance(entry, Scalar) and isinstance(entry.value, str)):
                message = f"`plugins` must be a list of folders, not {kind_of(entry)}"
                self._problems.error("wrong-type", entry, message)
                continue
            try:
                folder = file.path.parent / entry.value
                usable = folder.is_dir()
            except (OSError, ValueError):
                usable = False
            if usable:
                self.plugins.append(folder)
            else:
                hint = near(folder, entry.value) or f"it is looked for in {shown(file.path.parent) or '.'}"
                self._problems.error("unreadable-file", entry, f"there is no folder `{entry.text}`", hint)

    def _routes(self, value: Node) -> None:
        if isinstance(value, Sequence):
            self.routes.extend(value.items)
        else:
            hint = "begin each route with `- `" if isinstance(value, Mapping) else None
            self._problems.error("wrong-type", value, f"`routes` must be a list, not {kind_of(value)}", hint)

    def _version(self, value: Node) -> None:
        if not (isinstance(value, Scalar) and type(value.value) is int and value.value == VERSION):
            hint = f"write version: {VERSION}"
            self._problems.error(
                "unknown-version", value, f"this router reads version {VERSION} of the language", hint
            )


def _check_route_names(routes: list[Node], problems: Problems) -> None:
    """Note routes of one name: deliveries go by it."""
    first: dict[str, Mark] = {}
    for route in routes:
        name = route.get("name") if isinstance(route, Mapping) else None
        if isinstance(name, Scalar) and isinstance(name.value, str):
            known = first.setdefault(name.value, name.mark)
            if known is not name.mark:
                message = f"the route `{name.value}` is defined at {known} as well"
                problems.error("duplicate-name", name, message, "give one of them another name")


def _check_tags(files: list[File], problems: Problems) -> None:
    """Refuse, before anything is compiled, what would take many seconds to compile."""
    found = 0
    for file in files:
        found += file.text.count("{{") + file.text.count("{%")
        if found > MAX_TAGS:
            message = f"the files hold more than {MAX_TAGS:,} templates (each `{{{{ }}}}` and `{{% %}}` counts)"
            problems.error("too-large", Mark(file.name), message)
            raise TooMany


def _variables(found: Found, root: str) -> dict[str, str]:
    files = {f"file:{name_of(path, root)}": text for path, text in found.contents.items()}
    return {name: fingerprint(name, value) for name, value in (found.values | files).items()}
