"""Configurations that the journal keeps: made of the one in force, compiled again, and compared with today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from router.config.files import MAX_SECRET, MAX_YAML, UnusableFile, read_text
from router.config.fingerprint import fingerprint
from router.config.kept import Kept
from router.config.literals import LITERAL
from router.config.snapshot import PLUGIN, Snapshot
from router.journal.answers import StoredConfig
from router.ruleset import Loaded, Ruleset, load_ruleset

_FILE = "file:"


def stored(ruleset: Ruleset, now: datetime) -> StoredConfig:
    """Return what the journal is to keep of a configuration that comes into force now."""
    taken = ruleset.snapshot
    return StoredConfig(taken.digest, taken.root, taken.files, taken.variables, now, taken.read)


def load_stored(
    config: StoredConfig,
    environ: Mapping[str, str],
    *,
    root: Path | None = None,
    made_up: Callable[[str], str] | None = None,
) -> Loaded:
    """Compile a configuration from the texts that were kept of it; faults are told as by `load_ruleset`.

    Variables, plugins and files of secrets (`${file:}`) are today's: `differences` says where that matters.
    `root` is the folder in which plugins and secrets are looked for, the configuration's own by default. What
    is unset today is an error, unless `made_up` gives its value.
    """
    folder = Path(config.root) if root is None else root
    read = config.read or tuple(config.files)[:1]
    kept = Kept(folder, config.root, read, config.files)
    first = kept.paths[0] if read else folder
    loaded = load_ruleset(first, environ, made_up=made_up, kept=kept)
    if loaded.ruleset is None:
        return loaded
    was = Snapshot(config.root, read, config.files, config.variables)  # its digest is not that of today's values
    return replace(loaded, ruleset=replace(loaded.ruleset, snapshot=was))


def differences(config: StoredConfig, environ: Mapping[str, str], *, root: Path | None = None) -> list[str]:
    """Say, a sentence each, which variables, files of secrets and plugins are other ones today than then."""
    folder = Path(config.root) if root is None else root
    told = (_difference(name, was, environ, folder) for name, was in sorted(config.variables.items()))
    return [sentence for sentence in told if sentence is not None]


def _difference(name: str, was: str, environ: Mapping[str, str], folder: Path) -> str | None:
    if name.startswith(LITERAL):
        return None
    if not name.startswith((_FILE, PLUGIN)):
        return _told(f"the variable `{name}`", was, fingerprint(name, environ.get(name, "")), "set")
    plugin = name.startswith(PLUGIN)
    file = folder / name.removeprefix(PLUGIN if plugin else _FILE)
    try:
        content = read_text(file, MAX_YAML) if plugin else read_text(file, MAX_SECRET).rstrip("\r\n")
    except UnusableFile as error:
        return f"the file `{file}` could be read then, and today it {error.reason}" if was else None
    if plugin:
        return None if was == fingerprint(name, content) else f"the plugin `{file}` has been changed"
    return _told(f"the file `{file}`", was, fingerprint(name, content), "usable")


def _told(what: str, was: str, now: str, how: str) -> str | None:
    if was == now:
        return None
    if not was:
        return f"{what} was not {how} then, and is {how} today"
    if not now:
        return f"{what} was {how} then, and is not {how} today"
    return f"{what} has another value today"
