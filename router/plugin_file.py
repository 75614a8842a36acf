"""Executes a plugin found by its path, and tells what is wrong with one that cannot be executed."""

from __future__ import annotations

import hashlib
import re
import sys
import traceback
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn


class Unusable(Exception):
    """Why a file is no plugin, or a class no action; `line` is the one in its file."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class _Uncached(SourceFileLoader):
    """Leaves no `__pycache__` in a folder that is not ours, and never takes a stale one."""

    def path_stats(self, path: Any) -> NoReturn:
        raise OSError("not cached")


def execute(file: Path, *, cached: bool) -> ModuleType:
    """Return the module that the file makes, executed once in this process for each content of the file.

    An `__init__.py` is a package: its folder's other files are imported from it by relative names, when it
    or its action asks for them. `cached` allows a `__pycache__` beside the file. Raises Unusable with the
    line and what to do.
    """
    package = file.name == "__init__.py"
    try:
        content = b"".join(
            part.read_bytes() for part in (sorted(file.parent.rglob("*.py")) if package else [file])
        )
    except OSError as error:
        raise Unusable(f"it cannot be read ({error.strerror}): check its permissions") from None
    name = "_".join(
        (
            "router_plugin",
            re.sub(r"\W", "_", file.parent.name if package else file.stem),
            hashlib.sha256(str(file).encode("utf-8", "surrogateescape")).hexdigest()[:12],
            hashlib.sha256(content).hexdigest()[:12],
        )
    )
    if name in sys.modules:
        return sys.modules[name]
    loader = (SourceFileLoader if cached else _Uncached)(name, str(file))
    spec = ModuleSpec(name, loader, origin=str(file), is_package=package)
    if spec.submodule_search_locations is not None:
        spec.submodule_search_locations.append(str(file.parent))
    spec.has_location = True
    module = module_from_spec(spec)
    # Entered before it runs: pydantic and dataclasses look their module up there while a class is made.
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except (Exception, SystemExit) as error:
        for part in [part for part in sys.modules if part == name or part.startswith(f"{name}.")]:
            del sys.modules[part]
        raise Unusable(_why(error), _line_in(file, error)) from error
    return module


def _why(error: BaseException) -> str:
    text = told(error)
    if isinstance(error, ModuleNotFoundError):
        return f"it cannot be loaded: {text}; install the package, or take the file out of the plugins folder"
    return f"it cannot be loaded: {text}; mend the file, or take it out of the plugins folder"


def told(error: BaseException) -> str:
    """Return the error's class and text."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line_in(file: Path, error: BaseException) -> int:
    if isinstance(error, SyntaxError) and error.filename == str(file) and error.lineno:
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file) and f.lineno]
    return lines[-1] if lines else 1
