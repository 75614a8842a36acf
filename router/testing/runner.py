"""Runs tests: each request goes the whole way, from its signature to the rendered actions. Nothing is sent."""

from __future__ import annotations

from router.specimen import received
from router.testing.case import Case
from router.testing.judge import judge
from router.testing.outcome import Outcome
from router.testing.reasons import route_of

UID = "evt_test"  #: the router's own id of each event, so that results are stable


def run(case: Case) -> Outcome:
    """Return what came of a test; pure."""
    ruleset = case.known.ruleset
    specimen = received(case.given.source, case.given.request, UID)
    if specimen.event is None:
        return Outcome(case, specimen, None, None, tuple(judge(case, specimen, None, None)))
    plan = ruleset.plan(specimen.event)
    explanation = ruleset.explain(specimen.event, _named(case))
    return Outcome(case, specimen, plan, explanation, tuple(judge(case, specimen, plan, explanation)))


def _named(case: Case) -> set[str]:
    """Return the routes that a test names: why they did not take its event may have to be told."""
    expected = case.expected
    if expected is None:
        return set()
    routes = set(expected.routes[0]) if expected.routes else set()
    entries = (*expected.actions, *(expected.exactly.entries if expected.exactly else ()))
    return routes | {route_of(str(key.value), case.known) for key, _ in entries}
