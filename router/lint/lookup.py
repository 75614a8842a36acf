"""Follows names through the shapes of samples, and says what is missing and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from router.lint.shape import Shape


@dataclass(frozen=True, slots=True)
class Missing:
    """A member that no sample has: `path` as it would be called, `owner` where it was looked for.

    With `guarded` the file says itself that it may be missing (`default`, `is defined`).
    """

    path: str
    name: str
    owner: Shape
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a name leads to; `shape` is None where that is unknown."""

    shape: Shape | None = None
    missing: Missing | None = None


UNKNOWN = Found()
_FEW = 2  # longer names, of which the first may be the one that was meant


def member(owner: Shape | None, name: str | int, *, guarded: bool = False) -> Found:
    """Return what a member, or the element of an index, is."""
    if owner is None:
        return UNKNOWN
    if isinstance(name, str) and name in owner.members:
        return Found(owner.members[name])
    index = isinstance(name, int) or (name.lstrip("-").isascii() and name.lstrip("-").isdigit())
    if (owner.open and (index or not owner.is_list)) or not owner.kinds or "a time" in owner.kinds:
        return UNKNOWN  # whatever a list holds, it has no members of a name
    if index and "a list" in owner.kinds:
        return Found(owner.element)
    if index and owner.kinds & {"a text", "null"}:
        return UNKNOWN
    path = f"{owner.path}[{name}]" if isinstance(name, int) else f"{owner.path}.{name}"
    return Found(None, Missing(path, str(name), owner, guarded))


def meant(missing: Missing, roots: Iterable[Shape], names: Iterable[str] = ()) -> str | None:
    """Return the nearest name that exists: beside it, of a var (`names`), or elsewhere in the samples."""
    name, owner = missing.name, missing.owner
    folded = {known.lower(): known for known in owner.members}
    if near := get_close_matches(name.lower(), folded, n=1, cutoff=0.75):
        found = owner.members[folded[near[0]]]
        inner = found.element.members.get(name) if found.element is not None else None
        return found.path if inner is None else inner.path
    if owner.is_list:
        if owner.element is None or owner.element.open:
            return f"{owner.path}[0].{name}"
        inner_name = meant(Missing("", name, owner.element), ())
        return inner_name or None
    longer = [known for known in owner.members if known.startswith(f"{name}_") or known.endswith(f"_{name}")]
    if own := [var for var in names if var == name or var.endswith(f"_{name}")]:
        return own[0]
    if longer and len(longer) <= _FEW:
        return owner.members[longer[0]].path
    every = [shape for root in roots for shape in root.below()]
    if same := [shape.path for shape in every if _last(shape) == name]:
        return same[0] if "." not in owner.path or len(set(map(_in_payload, same))) == 1 else None
    if name.endswith("_id") and "id" in owner.members and "." not in owner.path:
        return owner.members["id"].path
    last = {_last(shape).lower(): shape.path for shape in reversed(every)}
    if near := get_close_matches(name.lower(), last, n=1, cutoff=0.88):
        return last[near[0]]
    return None


def typo(missing: Missing) -> str | None:
    """Return the path of which the missing one is a slip of the pen: letters swapped, doubled, left out.

    For samples that are not of every type that is taken, where another type may well have a like name.
    """
    for known, shape in missing.owner.members.items():
        one, other = missing.name.lower(), known.lower()
        if one == other or (one.rstrip("s") != other.rstrip("s") and len(one) > 3 and _near(one, other)):
            return shape.path
    return None


def _near(one: str, other: str) -> bool:
    """Whether one edit leads from one word to the other: a letter more, less or other, or two swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    left, right = one[start:], other[start:]
    swapped = len(left) > 1 and len(right) > 1 and left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right or left == right[1:] or left[1:] == right[1:]


def _in_payload(path: str) -> str:
    """Return a path below `data` as one below `payload`, where the two are the same."""
    return path.partition(".")[2].removeprefix("data.")


def _last(shape: Shape) -> str:
    return shape.path.rpartition(".")[2]
