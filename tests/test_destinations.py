"""Destinations: their types, limits and secrets, and every fault at its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from router.config.node import Mapping
from router.config.problem import Problem, Problems
from router.config.yaml import parse
from router.destinations import Destination, compile_destinations, read_retry, secrets_of
from router.model import BreakerPolicy, RetryPolicy
from router.registry import Registry, load_registry

HOOK = "https://hooks.slack.com/services/T0/B0/abcdefghijkl"
REGISTRY = load_registry(entry_points=False)


def compiled(text: str, registry: Registry = REGISTRY) -> tuple[dict[str, Destination], list[Problem]]:
    problems = Problems()
    node = parse(text, "routes.yaml", problems)
    assert isinstance(node, Mapping)
    return compile_destinations(node, registry, problems), list(problems)


def the_problem(text: str) -> Problem:
    _, problems = compiled(text)
    assert len(problems) == 1, problems
    return problems[0]


def test_the_type_defaults_to_the_name_and_the_limits_to_those_of_the_language() -> None:
    found, problems = compiled(f"slack: {{webhook_url: '{HOOK}'}}\neng: {{type: slack, token: xoxb-1}}\n")
    assert problems == []
    slack, eng = found["slack"], found["eng"]
    assert (slack.name, slack.plugin, eng.plugin) == ("slack", "slack", "slack")
    assert slack.action is REGISTRY.actions["slack"].action
    assert slack.plugin_version == slack.action.version
    assert (slack.concurrency, slack.timeout, slack.retry) == (8, 30.0, RetryPolicy())
    assert slack.mark is not None
    assert (str(eng.mark), isinstance(eng.config, eng.action.Config)) == ("routes.yaml:2:1", True)


def test_limits_are_read_and_are_no_business_of_the_plugin() -> None:
    found, problems = compiled(
        "app: {type: http, concurrency: 3, timeout: 5s, retry: {max_attempts: 4, first: 500ms, max_age: 2d}}\n"
    )
    assert problems == []
    assert (found["app"].concurrency, found["app"].timeout) == (3, 5.0)
    assert found["app"].retry == RetryPolicy(4, 0.5, RetryPolicy().max_delay, 172_800.0)


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [("2/s", 0.5), ("100/m", 0.6), ("500/h", 7.2), ("1000/d", 86.4), ("0.5/s", 2.0), ("0.001/d", 86_400_000.0)],
)
def test_a_rate_is_the_seconds_between_two_starts(rate: str, seconds: float) -> None:
    found, problems = compiled(f"http: {{rate: {rate}}}\n")
    assert problems == []
    assert found["http"].interval == pytest.approx(seconds)


def test_a_breaker_is_on_by_itself_and_can_be_set_in_part_or_switched_off() -> None:
    found, problems = compiled(
        "a: {type: http, breaker: {share: 12.5%, minimum: 3}}\nb: {type: http, breaker: false}\n"
        "c: {type: http, max_pause: 5m, breaker: {share: 100%, window: 2m, pause: 500ms}}\n"
    )
    assert problems == []
    assert found["a"].breaker == BreakerPolicy(share=0.125, minimum=3)
    assert found["b"].breaker is None
    assert (found["c"].breaker, found["c"].max_pause) == (BreakerPolicy(1.0, 20, 120.0, 0.5), 300.0)


def test_what_stands_in_no_file_has_a_lane_like_the_others() -> None:
    found, _ = compiled("app: {type: http}\n")
    for destination in (found["app"], found["http"]):
        assert (destination.interval, destination.breaker, destination.max_pause) == (
            None,
            BreakerPolicy(),
            3600.0,
        )


def test_an_action_whose_settings_are_all_optional_needs_no_destination() -> None:
    found, problems = compiled("{}")
    assert problems == []
    assert list(found) == ["http"]  # Slack has no required setting either, and yet needs one of two
    assert found["http"].mark is None


def test_a_destination_of_that_name_takes_the_place_of_the_implied_one() -> None:
    found, _ = compiled("http: {base_url: 'http://localhost:3000'}\n")
    assert getattr(found["http"].config, "base_url") == "http://localhost:3000"  # noqa: B009
    found, _ = compiled("http: {type: slack, token: xoxb-1}\n")
    assert found["http"].plugin == "slack"


@pytest.mark.parametrize(
    ("text", "code", "place", "said", "hint"),
    [
        ("eng: {type: slak, token: x}", "unknown-action", "1:13", "there is no action `slak`", "`slack`"),
        ("slak: {token: x}", "unknown-action", "1:1", "`slak` needs a `type`", "`slack`"),
        ("eng: {type: slack, tokn: x, token: y}", "unknown-key", "1:20", "`tokn`", "`token`"),
        ("http: {rte: 1/s}", "unknown-key", "1:8", "`rte`", "`rate`"),
        ("http: {rate: 2}", "wrong-unit", "1:14", "`rate` needs a unit", "write 2/s, or 2/m"),
        ("http: {rate: 2/sec}", "wrong-unit", "1:14", "`2/sec` is not a rate: write 2/s, 100/m", None),
        ("http: {rate: -2/s}", "wrong-unit", "1:14", "`-2/s` is not a rate", None),
        ("http: {rate: 0/s}", "out-of-range", "1:14", "more than 0, or nothing is ever sent", "leave `rate` out"),
        ("http: {rate: 0.000/d}", "out-of-range", "1:14", "more than 0", "leave `rate` out"),
        ("http: {rate: off}", "wrong-type", "1:14", "a rate, such as 2/s, not a text", "leave `rate` out"),
        ("http: {rate: false}", "wrong-type", "1:14", "not true or false", "leave `rate` out"),
        ("http: {rate: null}", "wrong-type", "1:14", "not null", "leave `rate` out"),
        ("http: {rate: [1/s]}", "wrong-type", "1:14", "not a list", None),
        ("http: {max_pause: 10}", "wrong-unit", "1:19", "`max_pause` needs a unit", "write 10s, 10m"),
        ("http: {max_pause: 0s}", "out-of-range", "1:19", "`max_pause` must be more than 0s", None),
        ("http: {max_pause: 4000d}", "wrong-unit", "1:19", "too long", None),
        ("http: {breaker: off}", "wrong-type", "1:17", "must be a mapping or false", "write false"),
        ("http: {breaker: 'no'}", "wrong-type", "1:17", "must be a mapping or false", "write false"),
        ("http: {breaker: yes}", "wrong-type", "1:17", "must be a mapping or false", "on by itself"),
        ("http: {breaker: true}", "wrong-type", "1:17", "must be a mapping or false", "on by itself"),
        ("http: {breaker: 50%}", "wrong-type", "1:17", "not a text", "write {share: 50%, minimum: 20"),
        ("http: {breaker: []}", "wrong-type", "1:17", "not a list", "write {share: 50%"),
        ("http: {breaker: {shares: 50%}}", "unknown-key", "1:18", "`breaker` has no key `shares`", "`share`"),
        ("http: {breaker: {share: 50}}", "wrong-unit", "1:25", "`share` needs a unit", "write 50%"),
        ("http: {breaker: {share: 0.5}}", "wrong-unit", "1:25", "`share` needs a unit", "write 50%"),
        ("http: {breaker: {share: half}}", "wrong-unit", "1:25", "`half` is not a share: write 50%", None),
        ("http: {breaker: {share: 0%}}", "out-of-range", "1:25", "between 1% and 100%", None),
        ("http: {breaker: {share: 101%}}", "out-of-range", "1:25", "between 1% and 100%", None),
        ("http: {breaker: {share: -5%}}", "wrong-unit", "1:25", "not a share", None),
        ("http: {breaker: {share: true}}", "wrong-type", "1:25", "must be a text", None),
        ("http: {breaker: {minimum: 0}}", "out-of-range", "1:27", "`minimum` must be at least 1", None),
        ("http: {breaker: {window: 60}}", "wrong-unit", "1:26", "`window` needs a unit", "write 60s"),
        ("http: {breaker: {window: 0s}}", "out-of-range", "1:26", "`window` must be more than 0s", None),
        ("http: {breaker: {pause: 0ms}}", "out-of-range", "1:25", "`pause` must be more than 0s", None),
        ("http: {concurrency: 0}", "out-of-range", "1:21", "at least 1", None),
        ("http: {timeout: 0s}", "out-of-range", "1:17", "more than 0s", None),
        ("http: {timeout: soon}", "wrong-unit", "1:17", "not a duration", None),
        ("http: {retry: {attempts: 3}}", "unknown-key", "1:16", "`retry` has no key `attempts`", "max_attempts"),
        ("http: 3", "wrong-type", "1:7", "must be a mapping", None),
    ],
)
def test_a_fault_is_told_at_its_place(text: str, code: str, place: str, said: str, hint: str | None) -> None:
    problem = the_problem(text + "\n")
    assert (problem.code, str(problem.mark)) == (code, f"routes.yaml:{place}")
    assert said in problem.message
    assert hint is None or hint in (problem.hint or "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slack: {}", "give either `webhook_url` or `token`"),
        ("resend: {from: a@acme.dev}", "api_key"),
        ("http: {auth: {oauth2: {token_url: https://a, client_id: x}}}", "needs `client_secret`"),
        (
            "http: {auth: {oauth2: {token_url: http://a, client_id: x, client_secret: y}}}",
            "`auth.oauth2.token_url`: must start with https://",
        ),
        (
            "http: {auth: {oauth2: {token_url: https://a, client_id: x, client_secret: y, scope: 3}}}",
            "`auth.oauth2.scope` must be a text or a list, not a number",
        ),
        (
            "http: {auth: {oauth2: {token_url: https://a, client_id: x, client_secret: y, client_auth: post}}}",
            "`auth.oauth2.client_auth` must be one of: basic, body",
        ),
        ("http: {base_url: localhost}", "must be an address"),
    ],
)
def test_a_fault_that_the_plugin_finds_is_told_in_its_words(text: str, said: str) -> None:
    problem = the_problem(text + "\n")
    assert said in problem.message
    assert problem.mark.line == 1


def test_a_faulty_destination_does_not_hide_the_others() -> None:
    found, problems = compiled("a: {type: nope}\nb: {type: slack}\nc: {type: http}\n")
    assert len(problems) == 2
    assert set(found) == {"c", "http"}


def test_a_secret_is_not_quoted_in_a_problem() -> None:
    _, problems = compiled("http: {secret: whsec_abc-top-secret, auth: {bearer: [top-secret]}}\n")
    assert problems
    assert "top-secret" not in str(problems)


def test_what_a_retry_leaves_out_is_as_in_the_base() -> None:
    problems = Problems()
    node = parse("{max_delay: 1m}", "routes.yaml", problems)
    assert node is not None
    base = RetryPolicy(max_attempts=3, first=2.0)
    assert read_retry(node, problems, base) == replace(base, max_delay=60.0)
    assert not list(problems)


def test_every_secret_of_a_destination_is_known_for_redaction() -> None:
    text = """
app: {type: http, auth: {basic: {username: ada, password: one-secret}}, headers: {X-Key: two-secret}}
"""
    found, problems = compiled(text + f"slack: {{webhook_url: '{HOOK}'}}\n")
    assert problems == []
    assert secrets_of(found["app"].config) == {"one-secret", "two-secret"}
    assert secrets_of(found["slack"].config) == {HOOK, "/services/T0/B0/abcdefghijkl"}
    assert secrets_of(found["http"].config) == set()


def test_the_password_inside_a_secret_address_is_a_secret_itself(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text(
        "from router.plugin import Action, Model, SecretStr\n"
        "class C(Model):\n    url: SecretStr\n"
        "class P(Model):\n    x: int = 1\n"
        "class Db(Action[C, P]):\n    name = 'db'\n    Config = C\n    Params = P\n"
        "    def execute(self, params, delivery):\n        return None\n"
    )
    registry = load_registry([tmp_path], entry_points=False)
    assert registry.faults == ()
    found, _ = compiled("db: {url: 'postgresql://ada:p%40ss-word@db/app'}\n", registry)
    assert secrets_of(found["db"].config) >= {"p%40ss-word", "p@ss-word"}
