"""Reads the keys of a mapping, one by one, and tells what is missing, of another type or unknown."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Values
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from router.config import units
from router.config.node import Mapping, Node, Scalar, Sequence
from router.config.problem import Problems, did_you_mean

T = TypeVar("T")
D = TypeVar("D")
_NONE = frozenset({"off", "no", "none", "never", "false", "null", "unlimited"})  # as people write "no limit"


def kind_of(node: Node) -> str:
    """Return what a person calls the value: a list, a mapping, a number, true or false, null, a text."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return "true or false"
    return "a number" if isinstance(node.value, int | float) else "a text"


def left_out(node: Node) -> bool:
    """Tell whether nothing was written after the key, which the reader of the file has told already."""
    return isinstance(node, Scalar) and node.value is None and node.plain and not node.text


def _quote_it(node: Node) -> str | None:
    return f'quote it: "{node.text}"' if isinstance(node, Scalar) and node.plain and node.text else None


def _number_of(node: Node | None) -> Node | None:
    """Return a number for digits that came from outside, where every value is a text."""
    if isinstance(node, Scalar) and "${" in node.text and re.fullmatch(r"[0-9]{1,18}", str(node.value)):
        return replace(node, value=int(str(node.value)))
    return node


def flag_hint(node: Node) -> str | None:
    """Return what to write for a value that was meant as true or false."""
    said = str(node.value).lower() if isinstance(node, Scalar) else ""
    if said in ("true", "false"):
        return f"leave the quotes out: {said}"
    return {
        "yes": "write true",
        "on": "write true",
        "1": "write true",
        "no": "write false",
        "off": "write false",
        "0": "write false",
    }.get(said)


def _reads(read: Callable[[str], object], text: str) -> bool:
    with suppress(ValueError):
        return read(text) is not None
    return False


class Fields:
    """The keys of one mapping; `what` names it in messages, as in "the source `clerk`"."""

    def __init__(self, node: Node, problems: Problems, what: str) -> None:
        self.problems = problems
        self.what = what
        self.read: set[str] = set()
        self._missing: dict[str, str] = {}
        if isinstance(node, Mapping):
            self.node = node
        else:
            problems.error("wrong-type", node, f"{what} must be a mapping, not {kind_of(node)}")
            self.node = Mapping((), node.mark)

    def get(self, name: str, *, required: bool = False) -> Node | None:
        """Return the value of a key, whatever it is."""
        self.read.add(name)
        value = self.node.get(name)
        if value is None and required:
            self.lacks(name, f"{self.what} needs `{name}`")
        return value

    def lacks(self, name: str, message: str, hint: str | None = None) -> None:
        """Note that a key has to be there; taken back where it turns out to be misspelled."""
        self._missing[name] = message
        self.problems.error("missing-key", self.node.head, message, hint)

    def text(self, name: str, *, required: bool = False, default: str | None = None) -> str | None:
        """Return a text."""
        node = self.get(name, required=required)
        if node is None:
            return default
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        self.wrong(node, name, "a text", _quote_it(node))
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        node = self.get(name)
        if node is None:
            return default
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.wrong(node, name, "true or false", flag_hint(node))
        return default

    def count(self, name: str, *, default: int, least: int = 1) -> int:
        """Return a whole number of at least `least`; what a reference stands for may be one, too."""
        node = _number_of(self.get(name))
        if node is None:
            return default
        if isinstance(node, Scalar) and isinstance(node.value, int) and not isinstance(node.value, bool):
            if node.value >= least:
                return node.value
            self.problems.error("out-of-range", node, f"`{name}` must be at least {least}")
            return default
        if isinstance(node, Scalar) and isinstance(node.value, float):
            self.problems.error("wrong-type", node, f"`{name}` must be a whole number, not {node.text}")
            return default
        digits = isinstance(node, Scalar) and str(node.value).isascii() and str(node.value).isdigit()
        self.wrong(node, name, "a whole number", "leave the quotes out" if digits else None)
        return default

    def duration(self, name: str, *, default: float, above_zero: bool = False) -> float:
        """Return a duration, in seconds."""
        seconds = self._unit(name, units.duration, None, "write {0}s, {0}m, {0}h or {0}d")
        node = self.node.get(name)
        if above_zero and seconds == 0 and node is not None:
            self.problems.error("out-of-range", node, f"`{name}` must be more than 0s")
            return default
        return default if seconds is None else seconds

    def rate(self, name: str) -> float | None:
        """Return the seconds between two starts; None where the key is missing, and there is no limit."""
        node = self.node.get(name)
        if isinstance(node, Scalar) and not left_out(node) and str(node.value).lower() in _NONE:
            self.read.add(name)
            self.wrong(node, name, "a rate, such as 2/s", f"leave `{name}` out where there is no limit")
            return None
        seconds = self._unit(name, units.rate, None, "write {0}/s, or {0}/m for each minute")
        if seconds is None or not math.isinf(seconds):
            return seconds
        assert node is not None  # noqa: S101 - it was read just above
        message = f"`{name}` must be more than 0, or nothing is ever sent"
        self.problems.error("out-of-range", node, message, f"leave `{name}` out where there is no limit")
        return None

    def share(self, name: str, *, default: float) -> float:
        """Return a part of the whole between 1% and 100%, as a number up to 1."""
        node = self.node.get(name)
        number = node.value if isinstance(node, Scalar) and isinstance(node.value, float) else 1.0
        found = self._unit(name, units.share, default, f"write {number:.0%}" if 0 < number < 1 else "write {0}%")
        if node is not None and not 0.01 <= found <= 1:
            self.problems.error("out-of-range", node, f"`{name}` must be between 1% and 100%")
            return default
        return found

    def size(self, name: str, *, default: int) -> int:
        """Return a size, in bytes."""
        return self._unit(name, units.size, default, "write {0}B, or in KiB or MiB")

    def names(self, name: str) -> list[Scalar] | None:
        """Return a text or a list of texts, as nodes; None where the key is missing."""
        node = self.get(name)
        if node is None:
            return None
        nodes = node.items if isinstance(node, Sequence) else (node,)
        texts = [n for n in nodes if isinstance(n, Scalar) and isinstance(n.value, str)]
        for other in nodes:
            if other not in texts:
                self.wrong(other, name, "a text or a list of texts", _quote_it(other))
        return texts

    def wrong(self, node: Node, name: str, wanted: str, hint: str | None = None) -> None:
        """Note that the value of a key is of another type."""
        self.problems.error("wrong-type", node, f"`{name}` must be {wanted}, not {kind_of(node)}", hint)

    def finish(
        self,
        *,
        not_yet: Iterable[str] = (),
        also_known: Iterable[str] = (),
        elsewhere: Values[str, str] | None = None,
    ) -> None:
        """Note every key that was not read: as not yet supported, or as unknown with what was probably meant.

        `elsewhere` says of keys of other mappings where they belong. What is missing because its key is
        misspelled is told once, as that.
        """
        later = set(not_yet)
        for key, _ in self.node.entries:
            name = str(key.value)
            if name in self.read or name in also_known:
                continue
            if name in later:
                self.problems.error("not-yet", key, f"`{name}` is not supported yet")
            else:
                hint = (elsewhere or {}).get(name) or did_you_mean(name, self.read | set(also_known))
                self.problems.error("unknown-key", key, f"{self.what} has no key `{name}`", hint)
                for missing, message in self._missing.items():
                    if hint == f"did you mean `{missing}`?":
                        self.problems.retract(self.node.head, message)

    def _unit(self, name: str, read: Callable[[str], T], default: D, hint: str) -> T | D:
        node = self.node.get(name)
        if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            self.read.add(name)
            self.problems.error("wrong-unit", node, f"`{name}` needs a unit", hint.format(node.text))
            return default
        text = self.text(name)
        if text is None:
            return default
        try:
            return read(text)
        except ValueError as error:
            node = self.node.get(name)
            assert isinstance(node, Scalar)  # noqa: S101 - it was read just above
            said = str(error).replace(f"`{text}`", f"`{node.text}`")  # what it refers to may be a secret
            nearest = units.meant(node.text) if node.text == text else None
            self.problems.error(
                "wrong-unit", node, said, f"write {nearest}" if nearest and _reads(read, nearest) else None
            )
            return default
