"""One test, read and checked: the request that comes in, and what is expected of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from router.config.node import Mapping, Mark, Node, Scalar
from router.model import RawRequest
from router.sources.source import Source
from router.testing.rules import Known


@dataclass(frozen=True, slots=True)
class Given:
    """What comes in: `captured` for a request as it came, else one that was made and signed here.

    `type` is the event's type as the test names it, where its payload has to agree with that.
    `timed` is whether the test says when it came.
    """

    source: Source
    request: RawRequest
    type: str | None = None
    captured: bool = False
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The expected verdict of the verification; a refusal's status and a part of its reason, where they matter."""

    ok: bool
    status: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected, each part with its place; None for a part that does not matter.

    `actions` and `exactly` hold the value for each `route/action`; `exactly` is the whole of it.
    """

    mark: Mark
    verify: tuple[Verdict, Node] | None = None
    routes: tuple[tuple[str, ...], Node] | None = None
    actions: tuple[tuple[Scalar, Node], ...] = ()
    exactly: Mapping | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One test; `number` is its place in its file, from 0. Without `expected` it says nothing yet."""

    name: str
    file: str
    number: int
    mark: Mark
    known: Known = field(repr=False)
    given: Given = field(repr=False)
    expected: Expected | None = None
