"""What came of one test: what happened to its request, and where that is not what was expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from router.comparison.difference import MISSING
from router.config.node import Mark
from router.model import Plan
from router.routing.explain import Explanation
from router.specimen import Specimen
from router.testing.case import Case
from router.testing.difference import Path


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is, and the place in the routes that makes it so, if one does."""

    text: str
    place: Mark | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What a test would have to say: the value at a path below the test's mapping."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is not as expected: `subject` names it, as in `welcome/slack.text`; `mark` is in the test.

    `expected` and `actual` are plain values, MISSING where there is none, or where the message says it all.
    """

    subject: str
    message: str
    mark: Mark
    expected: Any = MISSING
    actual: Any = MISSING
    reasons: tuple[Reason, ...] = ()
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened; without a plan the request was refused."""

    case: Case
    specimen: Specimen
    plan: Plan | None
    explanation: Explanation | None
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome, and the seconds it took."""

    outcome: Outcome
    seconds: float
