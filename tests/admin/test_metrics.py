"""What Prometheus is told."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from router.model import DeliveryState, EventState, Plan
from tests.admin.office import Office
from tests.journal.values import attempt, begun, event, planned


async def exposed(desk: Office) -> dict[str, float]:
    """Return the samples by name and labels, as `name{label=value}`."""
    status, text = await desk.get("/metrics")
    assert status == 200
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


async def test_events_duplicates_and_refusals_are_counted(desk: Office) -> None:
    plan = Plan(event(), EventState.PLANNED, (planned(),))
    desk.metrics.accepted(plan.event, plan, duplicate=False, differs=False)
    desk.metrics.accepted(plan.event, plan, duplicate=True, differs=True)
    desk.metrics.refused(None, "clerk", 401, "no signature fits")
    desk.metrics.verified("clerk", 2)
    found = await exposed(desk)
    assert found["router_events_total{source=clerk,state=planned}"] == 1
    assert found["router_duplicates_total{differs=true,source=clerk}"] == 1
    assert found["router_refusals_total{source=clerk,status=401}"] == 1
    assert found["router_source_secret_used_total{secret=2,source=clerk}"] == 1


async def test_what_an_attacker_names_becomes_no_label(desk: Office) -> None:
    for number in range(100):
        desk.metrics.refused(None, f"made-up-{number}", 404, "no source has the path")
    found = await exposed(desk)
    assert found["router_refusals_total{source=unknown,status=404}"] == 100
    assert not any("made-up" in name for name in found)


async def test_attempts_and_deaths_are_counted_however_a_delivery_dies(desk: Office) -> None:
    delivery = await begun(desk.journal)
    desk.metrics.attempted(delivery, attempt(delivery, DeliveryState.READY))
    desk.metrics.attempted(delivery, attempt(delivery, DeliveryState.DEAD))
    unrendered = Plan(event(), EventState.PLANNED, (planned(state=DeliveryState.DEAD, reason="no name"),))
    desk.metrics.accepted(unrendered.event, unrendered, duplicate=False, differs=False)
    found = await exposed(desk)
    assert found["router_attempts_total{destination=slack,outcome=retry}"] == 1
    assert found["router_attempts_total{destination=slack,outcome=dead}"] == 1
    assert found["router_dead_total{destination=slack,route=welcome}"] == 2
    assert found["router_attempt_seconds_count{destination=slack}"] == 2


async def test_the_journal_and_the_worker_are_asked_each_time(desk: Office) -> None:
    await desk.dead("a")
    await desk.delivered("b")
    await desk.journal.append(Plan(event("c"), EventState.PLANNED, (planned("evt_c"),)))
    desk.worker["deliveries_running"] = 3
    found = await exposed(desk)
    assert found["router_journal_events{state=planned}"] == 3
    assert found["router_journal_deliveries{state=dead}"] == 1
    assert found["router_journal_deliveries{state=delivered}"] == 1
    assert found["router_oldest_due_seconds{}"] == 60
    assert found["router_deliveries_running{}"] == 3
    assert found["router_journal_bytes{}"] > 0


async def test_a_refused_configuration_leaves_the_one_in_force_named(desk: Office) -> None:
    desk.metrics.reloaded("a" * 64, 0)
    desk.metrics.reloaded("b" * 64, 3)
    found = await exposed(desk)
    assert found["router_reloads_total{result=loaded}"] == 1
    assert found["router_reloads_total{result=refused}"] == 1
    assert found[f"router_config_info{{digest={'a' * 12}}}"] == 1
    desk.metrics.reloaded("c" * 64, 0)
    found = await exposed(desk)
    assert [name for name in found if name.startswith("router_config_info")] == [
        f"router_config_info{{digest={'c' * 12}}}"
    ]


async def test_what_became_of_the_last_reload_is_told(desk: Office) -> None:
    stamp, problems = "router_config_last_reload_success_timestamp_seconds{}", "router_config_problems{}"
    desk.metrics.reloaded("a" * 64, 0)
    first = (await exposed(desk))[stamp]
    assert first > 1_700_000_000
    desk.metrics.reloaded("a" * 64, 3)
    found = await exposed(desk)
    assert (found[stamp], found[problems]) == (first, 3)
    desk.metrics.reloaded("a" * 64, 0, "the disk is full")
    found = await exposed(desk)
    assert (found[stamp], found[problems]) == (first, 0)
    assert found["router_reloads_total{result=failed}"] == 1


async def test_events_that_were_removed_are_counted(desk: Office) -> None:
    desk.metrics.purged(200)
    desk.metrics.purged(3)
    assert (await exposed(desk))["router_purged_events_total{}"] == 203
