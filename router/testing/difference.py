"""Where a value is another one than a test expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from router.comparison.difference import MISSING
from router.config.node import Mapping, Mark, Node, Scalar, Sequence, plain

Path = tuple[str | int, ...]
Clean = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs; `path` leads to it, `mark` is where the test expects another."""

    path: Path
    expected: Any
    actual: Any
    mark: Mark


def differences(node: Node, actual: Any, clean: Clean, *, whole: bool, path: Path = ()) -> Iterator[Difference]:
    """Yield where a value differs from an expected tree.

    A mapping names the members that matter; with `whole` every member does. A list is compared whole, item by
    item. `clean` hides secrets: a text fits as it is, or as it is shown.
    """
    if isinstance(node, Mapping) and isinstance(actual, dict):
        for key, value in node.entries:
            name = str(key.value)
            if name in actual:
                yield from differences(value, actual[name], clean, whole=whole, path=(*path, name))
            else:
                yield Difference((*path, name), plain(value), MISSING, key.mark)
        if whole:
            for name in [name for name in actual if node.get(name) is None]:
                yield Difference((*path, name), MISSING, actual[name], node.mark)
    elif isinstance(node, Sequence) and isinstance(actual, list) and len(node.items) == len(actual):
        for index, (item, value) in enumerate(zip(node.items, actual, strict=True)):
            yield from differences(item, value, clean, whole=whole, path=(*path, index))
    elif not (isinstance(node, Scalar) and same(node.value, actual, clean)):
        yield Difference(path, plain(node), actual, node.mark)


def same(expected: Any, actual: Any, clean: Clean) -> bool:
    """Tell whether two plain values are the same: `1` is `1.0`, and never `true`."""
    if isinstance(expected, str) and isinstance(actual, str):
        return expected in (actual, clean(actual))
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return expected == actual
    return expected is None and actual is None


def named(node: Node, actual: Any) -> Any:
    """Return what a tree of expectations would have to say: of each mapping the same members, where they exist."""
    if isinstance(node, Mapping) and isinstance(actual, dict):
        return {
            name: named(value, actual[name])
            for name, value in ((str(key.value), value) for key, value in node.entries)
            if name in actual
        }
    if isinstance(node, Sequence) and isinstance(actual, list) and len(node.items) == len(actual):
        return [named(item, value) for item, value in zip(node.items, actual, strict=True)]
    return actual
