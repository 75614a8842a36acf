"""What a configuration was made of, so that it can be told from others, kept, and compiled again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from router.config.document import Document
from router.config.files import MAX_YAML, UnusableFile, read_text
from router.config.fingerprint import fingerprint
from router.config.kept import name_of
from router.config.literals import without_literals

PLUGIN = "plugin:"  #: begins the names of the fingerprints of plugins' files


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The texts of all files that decide what is sent, as they stand there, and what came from outside.

    `root` is the folder of the first file; `files` has the texts by name (`kept.name_of`), and `read` names those
    that are YAML, in the order in which they were read. `variables` has the fingerprint of every value that a
    reference stood for: by the name of the variable, or `file:` and the name of a file; '' where it was unset.
    A secret that was written into a file has been replaced there, and has a fingerprint as `literal:1`. Of the
    files of plugins there are fingerprints, too, as `plugin:` and the name of the file.
    `digest` is the SHA-256 of all of it but the root.
    """

    root: str
    read: tuple[str, ...]
    files: Mapping[str, str]
    variables: Mapping[str, str]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Compute the digest."""
        digest = sha256()
        for part in _parts(self):
            raw = part.encode("utf-8", "surrogatepass")
            digest.update(f"{len(raw)}:".encode() + raw)
        object.__setattr__(self, "digest", digest.hexdigest())


def snapshot(document: Document, templates: Mapping[Path, str], secrets: Iterable[str]) -> Snapshot:
    """Return the snapshot of a document and of the template files that its routes read, without these secrets."""
    root = os.path.abspath(document.path.parent)
    files = {name_of(Path(name), root): text for name, text in document.texts.items()}
    read = tuple(files)
    for path, text in sorted(templates.items()):
        files.setdefault(name_of(path, root), text)
    texts, literals = without_literals(files, secrets)
    return Snapshot(root, read, texts, {**document.variables, **literals, **_plugins(document, root)})


def _plugins(document: Document, root: str) -> dict[str, str]:
    found: dict[str, str] = {}
    every = {file for folder in document.plugins for part in ("*.py", "*/*.py") for file in folder.glob(part)}
    for file in sorted(every):
        with suppress(UnusableFile):
            name = f"{PLUGIN}{name_of(file, root)}"
            found[name] = fingerprint(name, read_text(file, MAX_YAML))
    return found


def _parts(taken: Snapshot) -> Iterable[str]:
    yield str(len(taken.read))
    for name, text in taken.files.items():
        yield name
        yield text
    for name, value in sorted(taken.variables.items()):
        yield name
        yield value
