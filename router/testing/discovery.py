"""Finds the files of tests: beside the configuration, or where they are said to be."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from router.testing.reading import is_test_file

_ENDINGS = (".yaml", ".yml")


class NoFile(Exception):
    """A name that leads to no file; the text says which."""


def beside(config: Path) -> list[Path]:
    """Return `routes.test.yaml` beside `routes.yaml`, and the files in its `tests/` that hold tests."""
    own = config.with_name(f"{config.stem}.test{config.suffix or '.yaml'}")
    return [*([own] if own.is_file() else []), *_inside(config.parent / "tests", "*")]


def named(names: Sequence[Path]) -> list[Path]:
    """Return the files that names mean: files, folders with all below them, and globs; raises NoFile."""
    found: dict[Path, None] = {}
    for name in names:
        inside = list(_meant(name))
        if not inside:
            raise NoFile(f"`{name}` holds no file with `tests`" if name.is_dir() else f"there is no file `{name}`")
        found.update(dict.fromkeys(inside))
    return list(found)


def holds_tests(path: Path) -> bool:
    """Tell whether a file is one of tests: by its name, `routes.test.yaml`, or by what stands in it."""
    return path.suffix in _ENDINGS and (path.stem.endswith(".test") or is_test_file(path))


def config_of(tests: Path) -> Path:
    """Return the configuration that tests belong to: `routes.yaml` for `routes.test.yaml`, and for any other."""
    own = tests.with_name(tests.stem.removesuffix(".test") + tests.suffix)
    return own if tests.stem.endswith(".test") else Path("routes.yaml")


def _meant(name: Path) -> Iterator[Path]:
    if name.is_dir():
        yield from _inside(name, "**/*")
    elif name.exists():
        yield name
    elif glob.has_magic(str(name)):
        paths = (Path(found) for found in sorted(glob.glob(str(name), recursive=True)))
        yield from (path for path in paths if path.is_file())


def _inside(folder: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(folder.glob(pattern)):
        if path.suffix in _ENDINGS and path.is_file() and is_test_file(path):
            yield path
