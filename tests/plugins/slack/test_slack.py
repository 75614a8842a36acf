"""The Slack action, through slack-sdk, against a loopback Slack."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pydantic
import pytest

from router.plugin import MRKDWN, TEXT, URL, Permanent, Retry, Usage
from tests.plugins.stage import action_class, delivery, opened, params
from tests.vendors.slack import TOKEN, SlackVendor

BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "*Ada* joined"}}]


async def post(slack: SlackVendor, given: dict[str, Any], *, token: str | None = None) -> Any:
    config: dict[str, Any] = {"webhook_url": slack.webhook_url}
    if token:
        config = {"token": token, "base_url": slack.api_url}
    async with opened("slack", config) as action:
        return await action.execute(params("slack", given), delivery())


async def test_a_webhook_gets_text_blocks_and_attachments_as_they_are() -> None:
    given = {"text": "Ada joined", "blocks": BLOCKS, "attachments": [{"text": "x", "color": "#36a64f"}]}
    async with SlackVendor() as slack:
        assert await post(slack, given) == {}
        assert slack.messages == [given]  # nothing that was not given: unfurling is Slack's choice


async def test_a_bot_token_posts_to_a_channel_and_tells_ts_and_channel() -> None:
    given = {
        "text": "Ada joined",
        "channel": "#new",
        "thread_ts": "1763.1",
        "reply_broadcast": True,
        "username": "Router",
        "icon_emoji": ":wave:",
        "unfurl_links": False,
        "mrkdwn": False,
        "metadata": {"event_type": "joined", "event_payload": {"id": "user_1"}},
    }
    async with SlackVendor() as slack:
        facts = await post(slack, given, token=TOKEN)
        assert facts == {"channel": "C0LAN2Q65", "ts": "1763900000.000001"}
        assert slack.messages == [given]
        assert slack.received[0].headers["Content-Type"].startswith("application/json")


async def test_what_is_empty_is_left_out() -> None:
    async with SlackVendor() as slack:
        await post(slack, {"text": "x", "channel": "#new", "thread_ts": "", "blocks": []}, token=TOKEN)
        assert slack.messages == [{"text": "x", "channel": "#new"}]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("ratelimited", Retry),
        ("rate_limited", Retry),
        ("internal_error", Retry),
        ("fatal_error", Retry),
        ("service_unavailable", Retry),
        ("team_added_to_org", Retry),
        ("invalid_auth", Permanent),
        ("token_revoked", Permanent),
        ("channel_not_found", Permanent),
        ("not_in_channel", Permanent),
        ("is_archived", Permanent),
        ("invalid_blocks", Permanent),
        ("something_new", Permanent),
    ],
)
async def test_the_error_word_of_the_api_decides(error: str, expected: type[Exception]) -> None:
    async with SlackVendor() as slack:
        slack.refuse(error, response_metadata={"messages": ["[ERROR] look at /blocks/0"]})
        with pytest.raises(expected, match=rf"`{error}`: \[ERROR\] look at /blocks/0"):
            await post(slack, {"text": "x", "channel": "#new"}, token=TOKEN)


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (400, "invalid_payload", Permanent),
        (403, "action_prohibited", Permanent),
        (404, "no_service", Permanent),
        (410, "channel_is_archived", Permanent),
        (500, "rollup_error", Retry),
        (200, "<html>log in to the wifi</html>", Retry),
    ],
)
async def test_the_status_of_a_webhook_decides(status: int, text: str, expected: type[Exception]) -> None:
    async with SlackVendor() as slack:
        slack.say(status, text)
        with pytest.raises(expected, match=text):
            await post(slack, {"text": "x"})


async def test_the_json_ok_of_a_workflow_webhook_is_a_success() -> None:
    async with SlackVendor() as slack:
        slack.say(200, '{"ok": true}', kind="application/json")
        assert await post(slack, {"text": "x"}) == {}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/html"])
@pytest.mark.parametrize("said", ["", "[1]", "null", "{", '{"ok": false}', "true"])
async def test_an_answer_of_the_api_that_is_no_answer_is_tried_again(said: str, kind: str) -> None:
    async with SlackVendor() as slack:
        slack.say(200, said, kind=kind)
        with pytest.raises(Retry, match="could not be read"):
            await post(slack, {"text": "x", "channel": "#new"}, token=TOKEN)


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_a_throttled_post_says_how_long_to_wait(token: str | None) -> None:
    async with SlackVendor() as slack:
        slack.throttle("30")
        with pytest.raises(Retry) as raised:
            await post(slack, {"text": "x", **({"channel": "#new"} if token else {})}, token=token)
        assert (raised.value.after, raised.value.throttled) == (30, True)
        assert len(slack.received) == 1  # the SDK's own waiting is off


@pytest.mark.parametrize("word", ["ratelimited", "rate_limited"])
async def test_a_limit_is_known_by_its_word_whatever_the_status(word: str) -> None:
    async with SlackVendor() as slack:
        slack.say(200, word, {"Retry-After": "9"})
        with pytest.raises(Retry, match=word) as raised:
            await post(slack, {"text": "x"})
        assert (raised.value.after, raised.value.throttled) == (9, True)
        slack.say(200, f'{{"ok": false, "error": "{word}"}}', {"Retry-After": "9"}, kind="application/json")
        with pytest.raises(Retry, match=word) as raised:
            await post(slack, {"text": "x", "channel": "#new"}, token=TOKEN)
        assert (raised.value.after, raised.value.throttled) == (9, True)


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_a_slack_in_trouble_that_asks_for_time_throttles_nobody(token: str | None) -> None:
    async with SlackVendor() as slack:
        text = '{"ok": false, "error": "service_unavailable"}' if token else "trouble"
        slack.say(503, text, {"Retry-After": "9"}, kind="application/json" if token else "text/plain")
        with pytest.raises(Retry) as raised:
            await post(slack, {"text": "x", **({"channel": "#new"} if token else {})}, token=token)
        assert (raised.value.after, raised.value.throttled) == (9, False)


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_a_post_that_was_cut_is_not_sent_twice_by_the_sdk(token: str | None) -> None:
    async with SlackVendor() as slack:
        slack.cut()
        with pytest.raises(Retry, match="connection broke"):
            await post(slack, {"text": "x", **({"channel": "#new"} if token else {})}, token=token)
        assert len(slack.received) == 1


async def test_nobody_at_the_address_is_a_retry_that_names_the_host_only() -> None:
    async with SlackVendor() as slack:
        url = slack.webhook_url
    async with opened("slack", {"webhook_url": url}) as action:
        with pytest.raises(Retry, match=r"^no connection to 127\.0\.0\.1:\d+: ") as raised:
            await action.execute(params("slack", {"text": "x"}), delivery())
    assert "/services" not in raised.value.reason


async def test_the_sdk_logs_no_address_even_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with SlackVendor() as slack:
        await post(slack, {"text": "x"})
        await post(slack, {"text": "x", "channel": "#new"}, token=TOKEN)
        assert "hooks" not in caplog.text
        assert slack.webhook_url not in caplog.text
        assert TOKEN not in caplog.text


async def test_a_proxy_of_the_environment_does_not_catch_slack_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    async with SlackVendor() as slack:
        assert await post(slack, {"text": "x"}) == {}
        assert await post(slack, {"text": "x", "channel": "#new"}, token=TOKEN)


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", **more}


@pytest.mark.parametrize(
    ("given", "where", "limit"),
    [
        ({"text": "x" * 40_001}, "text", 40_000),
        ({"blocks": [section(text={"type": "mrkdwn", "text": "x"})] * 51}, "blocks", 50),
        ({"attachments": [{"text": "x"}] * 101}, "attachments", 100),
        ({"blocks": [section(text={"type": "mrkdwn", "text": "x" * 3001})]}, "blocks[0].text.text", 3000),
        ({"blocks": [section(fields=[{"type": "mrkdwn", "text": "x"}] * 11)]}, "blocks[0].fields", 10),
        ({"blocks": [section(fields=[{"text": "x" * 2001}])]}, "blocks[0].fields.text", 2000),
        ({"blocks": [{"type": "header", "text": {"text": "x" * 151}}]}, "blocks[0].text.text", 150),
        ({"blocks": [{"type": "context", "elements": [{}] * 11}]}, "blocks[0].elements", 10),
        ({"blocks": [{"type": "actions", "elements": [{}] * 26}]}, "blocks[0].elements", 25),
        (
            {"blocks": [{"type": "actions", "elements": [{"type": "button", "text": {"text": "x" * 76}}]}]},
            "blocks[0].elements[0].text.text",
            75,
        ),
        ({"blocks": [{"type": "image", "image_url": "x" * 3001}]}, "blocks[0].image_url", 3000),
        ({"blocks": [{"type": "image", "alt_text": "x" * 2001}]}, "blocks[0].alt_text", 2000),
        ({"blocks": [{"type": "divider", "block_id": "x" * 256}]}, "blocks[0].block_id", 255),
        ({"blocks": [{"type": "markdown", "text": "x" * 6001}] * 2}, "blocks", 12_000),
        ({"attachments": [{"blocks": [{"type": "header", "text": {"text": "x" * 151}}]}]}, "attachments[0]", 150),
    ],
)
async def test_what_is_over_a_limit_of_slack_is_dead_with_the_field_and_the_limit(
    given: dict[str, Any], where: str, limit: int
) -> None:
    async with SlackVendor() as slack:
        with pytest.raises(Permanent) as raised:
            await post(slack, given)
        assert f"`{where}" in raised.value.reason
        assert f"limit of {limit} " in raised.value.reason
        assert slack.received == []


async def test_what_is_just_within_the_limits_is_posted() -> None:
    given = {"text": "x" * 40_000, "blocks": [section(text={"type": "mrkdwn", "text": "x" * 3000})] * 50}
    async with SlackVendor() as slack:
        await post(slack, given)
        assert len(slack.messages) == 1


@pytest.mark.parametrize(
    ("key", "within", "kind"),
    [
        ("text", {"type": "mrkdwn"}, MRKDWN),
        ("text", {"type": "plain_text"}, TEXT),
        ("text", {"type": "markdown"}, MRKDWN),
        ("text", {"type": "text"}, TEXT),
        ("url", {"type": "button"}, URL),
        ("image_url", {"type": "image"}, URL),
        ("alt_text", {"type": "image"}, TEXT),
        ("value", {"type": "button"}, TEXT),
        ("text", {"color": "#fff"}, MRKDWN),
        ("pretext", {}, MRKDWN),
        ("title_link", {}, URL),
        ("value", {"title": "Plan", "short": True}, MRKDWN),
        ("value", {"text": {"type": "plain_text"}}, TEXT),
        ("color", {"text": "x"}, TEXT),
    ],
)
def test_a_text_inside_blocks_is_escaped_as_its_place_wants(
    key: str, within: dict[str, Any], kind: object
) -> None:
    tree = action_class("slack").Params.model_fields["blocks"].rebuild_annotation()
    leaf = tree.__args__[0].__metadata__[0].leaf
    assert leaf(key, {key: "x", **within}) == kind


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"webhook_url": "https://hooks.slack.com/services/x", "token": "xoxb-1"},
        {"webhook_url": ""},
        {"webhook_url": "hooks.slack.com/services/x"},
        {"token": " "},
        {"token": "xoxb-1", "base_url": "slack.com"},
        {"webhook_url": "https://hooks.slack.com/services/x", "base_url": "http://localhost"},
    ],
)
def test_a_destination_has_one_way_in(config: dict[str, str]) -> None:
    with pytest.raises(pydantic.ValidationError):
        action_class("slack").Config.model_validate(config)


@pytest.mark.parametrize(
    ("config", "given", "paths"),
    [
        ({"webhook_url": "https://hooks.slack.com/services/x"}, {"text": "{{ x }}"}, []),
        ({"webhook_url": "https://hooks.slack.com/services/x"}, {"username": "x"}, [(), ("username",)]),
        ({"webhook_url": "https://hooks.slack.com/services/x"}, {"text": "x", "channel": "#a"}, [("channel",)]),
        ({"token": "xoxb-1"}, {"text": "x"}, [()]),
        ({"token": "xoxb-1"}, {"text": "x", "channel": "#a", "username": "x"}, []),
        (None, {"text": "x", "channel": "#a"}, []),
    ],
)
def test_check_sees_what_slack_would_refuse(config: Any, given: dict[str, Any], paths: list[Any]) -> None:
    slack = action_class("slack")
    made = None if config is None else slack.Config.model_validate(config)
    assert [fault.path for fault in slack.check(made, given, Usage())] == paths


@pytest.mark.parametrize("given", [{}, {"text": ""}, {"text": None, "blocks": []}])
def test_a_message_that_says_nothing_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError, match="there is nothing to post"):
        params("slack", given)


def test_loading_the_actions_loads_no_sdk() -> None:
    script = (
        "import sys, json; from router.registry import load_registry; load_registry();"
        "print(json.dumps([m for m in ('slack_sdk', 'resend', 'sqlalchemy', 'svix') if m in sys.modules]))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert json.loads(said.stdout) == []
