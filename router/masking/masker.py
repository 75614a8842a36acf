"""Masks a payload: by the names of keys, by the form of texts, and wherever else a masked value stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from router.masking.forms import URL, Found, forms_in
from router.masking.keys import is_structural, kind_of_key
from router.masking.kind import Kind
from router.masking.spans import Finder, Taken
from router.masking.substitutes import Substitutes
from router.masking.url import parts_of_url

Step = str | int
Path = tuple[Step, ...]
_SHORTEST = 3  # characters of a value that is looked for inside other texts
_TELLING = 12  # characters of a query value that is looked for elsewhere
_LOOSE = frozenset({Kind.NAME, Kind.ADDRESS, Kind.PLACE, Kind.BIRTHDAY})


@dataclass
class Masked:
    """What came of it: the payload, and of each kind the places where something was masked, as dotted paths."""

    payload: Any
    places: dict[Kind, list[str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many values were changed."""
        return len({place for places in self.places.values() for place in places})


@dataclass(frozen=True)
class Wishes:
    """What a person, and the rules, want: `keep` and `mask` are places, with all below them.

    A step `*` is every element or member. `known` are texts that stand in the rules: such a value is kept as it
    is, since the rules compare with it, and everybody who has the file knows it.
    """

    keep: Collection[Path] = ()
    mask: Collection[Path] = ()
    known: Collection[str] = ()


def mask(payload: Any, wishes: Wishes | None = None) -> Masked:
    """Return a copy without secrets and personal data; lists keep their lengths, and every value its type.

    The same value has the same substitute at every place, so that ids still lead to what they name.
    """
    return _Masker(payload, wishes or Wishes()).masked()


class _Masker:
    def __init__(self, payload: Any, wishes: Wishes) -> None:
        self._payload = payload
        self._wishes = wishes
        self._known = frozenset(wishes.known)
        texts = [value for _, value in _leaves(payload) if isinstance(value, str)]
        domains = {m[1] for text in self._known for m in re.finditer(r"([\w-]+(?:\.[\w-]+)+)", text)}
        self._substitutes = Substitutes(texts, domains)
        self._originals: dict[str, Kind] = {}
        self._loose: dict[str, Kind] = {}
        self._found = Masked(None)

    def masked(self) -> Masked:
        self._gather()
        self._everywhere = Finder(self._originals)
        self._in_texts = Finder(self._loose)
        self._found.payload = self._value(self._payload, (), "")
        return self._found

    def _gather(self) -> None:
        """Learn every value that is to be masked, so that it is found at places whose keys say nothing."""
        for path, value in _leaves(self._payload):
            if not isinstance(value, str) or self._kept(path) or value in self._known:
                continue
            for start, end, form in self._forms(value, path):
                self._learn(value[start:end], form)
            kind = self._kind(path)
            if kind is not None and value.strip():
                self._learn(value, kind)

    def _learn(self, value: str, kind: Kind) -> None:
        if kind is Kind.NAME and "/" in value:
            for part in value.split("/"):
                self._learn(part, kind)
        if kind is Kind.URL and len(value) < _TELLING:
            return  # a number of a page, a name of a branch: they stand in many places for other things
        if len(value) >= _SHORTEST and value not in self._known:
            (self._loose if kind in _LOOSE else self._originals).setdefault(value, kind)

    def _kind(self, path: Path) -> Kind | None:
        if self._asked(path):
            return Kind.ASKED
        names = [step for step in path if isinstance(step, str)]
        return kind_of_key(names[-1]) if names else None

    def _value(self, value: Any, path: Path, key: str) -> Any:
        if isinstance(value, dict):
            kept = self._kept(path)
            return {
                name if kept else self._key(name, (*path, name)): self._value(inner, (*path, name), name)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._value(inner, (*path, index), key) for index, inner in enumerate(value)]
        if value is None or isinstance(value, bool) or self._kept(path):
            return value
        kind = self._kind(path)
        if not isinstance(value, str):
            return value if kind is None or kind is Kind.NAME else self._number(value, kind, path)
        if not value.strip() or value in self._known:
            return value
        return self._text(value, kind, path, key)

    def _number(self, value: float, kind: Kind, path: Path) -> int | float:
        self._note(kind, path)
        return self._substitutes.number(kind, value)

    def _key(self, name: str, path: Path) -> str:
        """A key may be somebody's address, too."""
        return self._replaced(name, path, loose=False)

    def _text(self, value: str, kind: Kind | None, path: Path, key: str) -> str:
        whole = self._originals.get(value) or (None if is_structural(key) else self._loose.get(value))
        for found in self._formed(value, path):
            if found.start == 0 and found.end == len(value):
                whole = found.kind
                break
        if kind is Kind.ASKED or (whole is None and not URL.match(value)):
            whole = kind or whole
        if whole is not None:
            self._note(whole, path)
            return self._substitutes.text(whole, value)
        return self._replaced(value, path, loose=not is_structural(key))

    def _replaced(self, value: str, path: Path, *, loose: bool) -> str:
        parts = list(self._forms(value, path))
        taken = Taken(len(value))
        for start, end, _ in parts:
            taken.take(start, end)
        for finder, kinds in ((self._everywhere, self._originals), (self._in_texts, self._loose))[: 1 + loose]:
            parts += ((a, b, kinds[value[a:b]]) for a, b in finder.find(value) if taken.take(a, b))
        made, at = [], 0
        for start, end, kind in sorted(parts):
            self._note(kind, path)
            made += [value[at:start], self._substitutes.text(kind, value[start:end])]
            at = end
        return "".join((*made, value[at:]))

    def _forms(self, value: str, path: Path) -> Iterator[tuple[int, int, Kind]]:
        """Yield the parts that have a form, those inside of addresses too."""
        found: list[tuple[int, int, Kind]] = []
        for url in URL.finditer(value):
            found += ((url.start() + a, url.start() + b, kind) for a, b, kind in parts_of_url(url[0]))
        found += ((form.start, form.end, form.kind) for form in self._formed(value, path))
        taken = Taken(len(value))
        for start, end, kind in found:
            if not taken.take(start, end):
                continue
            if value[start:end] not in self._known and unquote(value[start:end]) not in self._known:
                yield start, end, kind

    def _formed(self, value: str, path: Path) -> Iterator[Found]:
        """Yield the parts that have a form; a version is none, though it may look like an address."""
        version = isinstance(path[-1], str) and path[-1].lower().endswith("version") if path else False
        return (found for found in forms_in(value) if not (version and found.kind is Kind.IP))

    def _kept(self, path: Path) -> bool:
        return any(_below(path, wanted) for wanted in self._wishes.keep)

    def _asked(self, path: Path) -> bool:
        return any(_below(path, wanted) for wanted in self._wishes.mask)

    def _note(self, kind: Kind, path: Path) -> None:
        places = self._found.places.setdefault(kind, [])
        if (place := dotted(path)) not in places[-1:]:
            places.append(place)


def dotted(path: Path) -> str:
    """Return a path as routes write it."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _below(path: Path, wanted: Path) -> bool:
    return len(path) >= len(wanted) and all(
        b == "*" or str(a) == str(b) for a, b in zip(path, wanted, strict=False)
    )


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every scalar with its path; a key of a mapping is none."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value
