"""What `check --connect` learns of a Slack workspace, without posting."""

from __future__ import annotations

from typing import Any

import pytest

from router.plugin import Probed, Retry, Use
from tests.plugins.stage import opened
from tests.vendors.slack import TOKEN, SlackVendor

NEW = {"id": "C0LAN2Q65", "name": "new-users", "is_member": True}


def use(**params: Any) -> Use:
    return Use("welcome", "slack", {"text": "x", **params})


async def probe(slack: SlackVendor, *uses: Use, token: str = TOKEN) -> Probed:
    async with opened("slack", {"token": token, "base_url": slack.api_url}) as action:
        found: Probed = await action.probe(uses)
    assert slack.messages == []
    return found


def told(found: Probed) -> list[tuple[str, str, bool]]:
    """Return place, message and whether it is only a warning."""
    return [(".".join(map(str, one.path)), one.message, one.warning) for one in found.findings]


async def test_a_good_token_tells_its_bot_and_its_team() -> None:
    async with SlackVendor() as slack:
        found = await probe(slack)
        assert found == Probed("bot `router` of the team `Acme`", [])
        assert [got.path for got in slack.received] == ["/api/auth.test"]


async def test_a_refused_token_is_an_error_at_the_token() -> None:
    async with SlackVendor() as slack:
        found = await probe(slack, token="xoxb-wrong")
    assert told(found) == [("token", "Slack said `invalid_auth`", False)]
    assert found.findings[0].hint is not None


async def test_a_token_that_may_not_post_is_an_error() -> None:
    async with SlackVendor() as slack:
        slack.scopes = "channels:read,users:read"
        found = await probe(slack)
    assert told(found) == [("token", "the token has not the scope `chat:write`, so it cannot post", False)]


async def test_a_token_whose_scopes_are_not_told_is_not_blamed() -> None:
    async with SlackVendor() as slack:
        slack.scopes = None
        assert told(await probe(slack, use(channel="#new-users"))) == []


async def test_a_name_to_post_under_needs_its_scope() -> None:
    async with SlackVendor() as slack:
        found = await probe(slack, use(channel="{{ data.channel }}", username="Router"))
    assert told(found) == [
        ("username", "the token has not the scope `chat:write.customize`, which `username` needs", True)
    ]


@pytest.mark.parametrize("name", ["#new-users", "new-users", "C0LAN2Q65"])
async def test_a_channel_with_the_bot_in_it_is_fine(name: str) -> None:
    async with SlackVendor() as slack:
        slack.channels = [NEW]
        assert told(await probe(slack, use(channel=name))) == []


@pytest.mark.parametrize(
    ("channel", "name", "message", "hint"),
    [
        (NEW, "#new-user", "the bot sees no channel `#new-user`", "did you mean `#new-users`?"),
        (NEW, "C0XXXXXXX", "the bot sees no channel `C0XXXXXXX`", "invite the bot"),
        ({**NEW, "is_member": False}, "#new-users", "the bot is not in the channel `#new-users`", "/invite"),
        ({**NEW, "is_archived": True}, "C0LAN2Q65", "the channel `C0LAN2Q65` is archived", "out of the archive"),
    ],
)
async def test_a_channel_that_takes_nothing_is_a_warning(
    channel: dict[str, Any], name: str, message: str, hint: str
) -> None:
    async with SlackVendor() as slack:
        slack.channels = [channel]
        one = use(channel=name)
        (finding,) = (await probe(slack, one)).findings
    assert finding.use is one
    assert (finding.path, finding.warning) == (("channel",), True)
    assert finding.message.startswith(message)
    assert hint in (finding.hint or "")


async def test_a_bot_that_may_post_to_every_public_channel_need_not_be_in_it() -> None:
    async with SlackVendor() as slack:
        slack.scopes = "chat:write,chat:write.public,channels:read"
        slack.channels = [{**NEW, "is_member": False}]
        assert told(await probe(slack, use(channel="#new-users"))) == []


async def test_channels_are_found_on_later_pages() -> None:
    async with SlackVendor() as slack:
        slack.channels = [{"id": f"C{n:08}", "name": f"other-{n}"} for n in range(5)] + [NEW]
        slack.page = 2
        assert told(await probe(slack, use(channel="#new-users"))) == []


async def test_without_the_scope_to_look_channels_up_that_is_told() -> None:
    async with SlackVendor() as slack:
        slack.scopes = "chat:write"
        found = await probe(slack, use(channel="#nowhere"))
        assert told(found) == []
        assert "the scope `channels:read`" in found.said
        assert len(slack.received) == 1


async def test_a_slack_that_is_not_there_is_unreachable() -> None:
    async with SlackVendor() as slack:
        config = {"token": TOKEN, "base_url": slack.api_url}
        await slack.stop()
        async with opened("slack", config) as action:
            with pytest.raises(Retry):
                await action.probe([])


async def test_of_a_webhook_only_the_host_is_reached() -> None:
    async with SlackVendor() as slack:
        async with opened("slack", {"webhook_url": slack.webhook_url}) as action:
            found = await action.probe([])
        assert "only a message could tell" in found.said
        assert found.findings == ()
        assert slack.received == []
        config = {"webhook_url": slack.webhook_url}
        await slack.stop()
        async with opened("slack", config) as action:
            with pytest.raises(Retry, match="nothing listens there"):
                await action.probe([])
