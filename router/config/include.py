"""Reads a file and everything that it includes."""

from __future__ import annotations

import glob
import os.path
from collections.abc import Mapping as Values
from dataclasses import dataclass, field
from pathlib import Path

from router.config import yaml
from router.config.fields import kind_of
from router.config.files import MAX_YAML, UnusableFile, near, read_text, shown
from router.config.kept import Kept
from router.config.node import Mapping, Node, Scalar, Sequence
from router.config.problem import Problems
from router.config.references import Found, References

MAX_FILES = 500  #: files of one configuration
_LONGEST_PATH = 4096


@dataclass(frozen=True, slots=True)
class File:
    """One file of a configuration; `references` resolves what stands in it."""

    path: Path
    name: str
    text: str
    node: Mapping
    references: References


@dataclass(slots=True)
class Tree:
    """The files of a configuration, the first one first; `whole` when every one of them could be read."""

    files: list[File] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    whole: bool = True


class Reader:
    """Reads files, each once; what is wrong with them is noted in `problems`."""

    def __init__(
        self, environ: Values[str, str], problems: Problems, found: Found, kept: Kept | None = None
    ) -> None:
        self._environ = environ
        self._problems = problems
        self._found = found
        self._kept = kept
        self._seen: set[Path] = set()
        self.tree = Tree()

    def read_all(self, path: Path) -> None:
        """Read the first file and all that it includes, or the files that were kept."""
        if self._kept is None:
            return self.read(path)
        for known in self._kept.paths:
            if (file := self._file(known, None)) is None:
                self.tree.whole = False
            else:
                self.tree.files.append(file)
        return None

    def read(self, path: Path, where: Scalar | None = None, chain: tuple[Path, ...] = ()) -> None:
        """Read one file and then its includes; `where` is the place that names it, `chain` what led to it."""
        real = _real(path)
        if real in self._seen:
            if where is not None and real in chain:
                self._problems.error(
                    "wrong-include", where, f"`{shown(path)}` includes itself, by way of this file"
                )
            return
        self._seen.add(real)
        if len(self._seen) > MAX_FILES:
            self._fault(where, f"more than {MAX_FILES} files are included")
            return
        self.tree.paths.append(path)
        if (file := self._file(path, where)) is None:
            self.tree.whole = False
            return
        self.tree.files.append(file)
        include = file.node.get("include")
        if include is not None:
            for entry in self._entries(file.references.resolve(include)):
                self._include(file, entry, (*chain, real))

    def _fault(self, where: Scalar | None, message: str) -> None:
        self.tree.whole = False
        if where is not None:
            self._problems.error("wrong-include", where, message)

    def _file(self, path: Path, where: Scalar | None) -> File | None:
        name = shown(path)
        try:
            text = read_text(path, MAX_YAML) if self._kept is None else self._kept.text(path)
        except UnusableFile as error:
            mark = error.mark(name) if error.line or where is None else where.mark
            hint = error.hint or (near(path, str(where.value)) if where is not None else None)
            self._problems.error("unreadable-file", mark, f"`{name}` {error.reason}", hint)
            return None
        except RecursionError:
            return None
        node = yaml.parse(text, name, self._problems)
        if node is None:
            return None
        if not isinstance(node, Mapping):
            self._problems.error("wrong-type", node, f"`{name}` must be a mapping, not {kind_of(node)}")
            return None
        if not text.strip():
            self._problems.error("unreadable-file", node, f"`{name}` is empty", "was it cut while it was written?")
            return None
        references = References(path.parent, yaml.lines_of(text), self._environ, self._problems, self._found)
        return File(path, name, text, node, references)

    def _entries(self, node: Node) -> list[Scalar]:
        entries = node.items if isinstance(node, Sequence) else (node,)
        good = [entry for entry in entries if isinstance(entry, Scalar) and isinstance(entry.value, str)]
        for entry in entries:
            if not (isinstance(entry, Scalar) and isinstance(entry.value, str)):
                message = f"`include` must be a path or a list of paths, not {kind_of(entry)}"
                self._problems.error("wrong-type", entry, message)
        return good

    def _include(self, file: File, entry: Scalar, chain: tuple[Path, ...]) -> None:
        pattern = str(entry.value)
        if not pattern or len(pattern) > _LONGEST_PATH or "\0" in pattern:
            self._fault(entry, "this is no path")
        elif not glob.has_magic(pattern):
            self.read(file.path.parent / pattern, entry, chain)
        elif "**" in pattern:
            self._fault(entry, "`**` is not supported; name each folder")
        else:
            self._glob(file, pattern, entry, chain)

    def _glob(self, file: File, pattern: str, entry: Scalar, chain: tuple[Path, ...]) -> None:
        folder = file.path.parent
        self.tree.folders.append((folder / pattern).parent)
        names = sorted(glob.glob(pattern, root_dir=folder or None))
        paths = [folder / name for name in names if not os.path.isdir(folder / name)]  # which never raises
        if not paths:
            message = f"`{entry.text}` matches no file"
            hint = near(folder / pattern, pattern) or f"it is looked for in {shown(folder) or '.'}"
            self._problems.warning("empty-include", entry, message, hint)
        for path in paths:
            if _real(path) not in chain:  # a pattern may match the file that it stands in
                self.read(path, entry, chain)


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return path
