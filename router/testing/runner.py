"""Runs tests: each request goes the whole way, from its signature to the rendered actions. Nothing is sent."""

from __future__ import annotations

from router.specimen import received
from router.testing.case import Case
from router.testing.judge import judge
from router.testing.outcome import Outcome

UID = "evt_test"  #: the router's own id of each event, so that results are stable


def run(case: Case) -> Outcome:
    """Return what came of a test; pure."""
    ruleset = case.known.ruleset
    specimen = received(case.given.source, case.given.request, UID)
    if specimen.event is None:
        return Outcome(case, specimen, None, None, tuple(judge(case, specimen, None, None)))
    plan = ruleset.plan(specimen.event)
    explanation = ruleset.explain(specimen.event)
    return Outcome(case, specimen, plan, explanation, tuple(judge(case, specimen, plan, explanation)))
