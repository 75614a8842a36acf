"""Posts messages to Slack, with an incoming webhook or as an app with a bot token.

Facts: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, /reference/methods/chat.postMessage,
/reference/block-kit/blocks, /apis/web-api/rate-limits, /messaging/formatting-message-text.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import aiohttp
from pydantic import Field, field_validator, model_validator

from router.plugin import (
    Action,
    BaseUrl,
    Delivery,
    Fault,
    Json,
    Model,
    Mrkdwn,
    Permanent,
    Probed,
    Redactor,
    Retry,
    SecretStr,
    Starter,
    Subject,
    Text,
    Url,
    Usage,
    Use,
    check_status,
    retry_after,
    secrets_in,
    unreachable,
)

from .limits import over
from .parts import Parts
from .probe import probed_app, probed_webhook

#: Errors of `ok: false` that pass by themselves; every other one needs a person.
_LIMITED = {"rate_limited", "ratelimited"}
_TRANSIENT = {"fatal_error", "internal_error", "request_timeout", "service_unavailable", "message_limit_exceeded"}
_TRANSIENT |= {"org_login_required", "team_added_to_org"}  # the workspace is being migrated
_APP_ONLY = ("username", "icon_emoji", "icon_url")


class SlackConfig(Model):
    """A Slack workspace, by an incoming webhook or by a bot token."""

    webhook_url: SecretStr | None = Field(
        None, description="Address of an incoming webhook; it knows its channel."
    )
    token: SecretStr | None = Field(None, description="Bot token (`xoxb-...`) with the scope `chat:write`.")
    base_url: BaseUrl | None = Field(
        None, description="Address of the Web API, for tests and proxies; https://slack.com/api/ by default."
    )

    @field_validator("webhook_url")
    @classmethod
    def _is_address(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None or url.get_secret_value().startswith(("https://", "http://")):
            return url
        if url.get_secret_value().startswith("xox"):
            raise ValueError("is a token: write it as `token`")
        raise ValueError("must be an address that starts with https://")

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and token.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("is the address of an incoming webhook: write it as `webhook_url`")
        return token

    @model_validator(mode="after")
    def _one_way_in(self) -> SlackConfig:
        if (self.webhook_url is None) == (self.token is None):
            raise ValueError("give either `webhook_url` or `token`")
        if self.token is not None and not self.token.get_secret_value().strip():
            raise ValueError("`token` is empty")
        if self.webhook_url is not None and self.base_url is not None:
            raise ValueError("`base_url` goes with `token`; a `webhook_url` is a whole address already")
        return self


class SlackParams(Model):
    """A message; Slack shows `text` in notifications where there are `blocks`."""

    text: Mrkdwn | None = Field(None, description="The message; beside `blocks`, the text of its notification.")
    blocks: Parts | None = Field(None, description="Block Kit blocks, at most 50.")
    attachments: Parts | None = Field(None, description="Attachments of the older kind, at most 100.")
    channel: Text | None = Field(None, description="Channel id or #name; only with a `token`, and needed there.")
    thread_ts: Text | None = Field(None, description="`ts` of the message to answer in its thread.")
    reply_broadcast: bool | None = Field(None, description="Show an answer in a thread in the channel, too.")
    username: Text | None = Field(None, description="Name to post under (scope `chat:write.customize`).")
    icon_emoji: Text | None = Field(None, description="Emoji as the picture, as `:tada:`.")
    icon_url: Url | None = Field(None, description="Address of an image as the picture.")
    unfurl_links: bool | None = Field(
        None, description="Whether linked pages are shown; Slack's choice if absent."
    )
    unfurl_media: bool | None = Field(
        None, description="Whether linked media are shown; Slack's choice if absent."
    )
    mrkdwn: bool | None = Field(None, description="False shows `text` without Slack's markup.")
    metadata: Json | None = Field(None, description="Message metadata: `event_type` and `event_payload`.")

    @model_validator(mode="after")
    def _says_something(self) -> SlackParams:
        if not (self.text or self.blocks or self.attachments):
            raise ValueError("there is nothing to post: `text`, `blocks` and `attachments` are empty")
        return self


class Slack(Action[SlackConfig, SlackParams]):
    """Posts a message to Slack, with an incoming webhook or a bot token."""

    name = "slack"
    Config = SlackConfig
    Params = SlackParams

    async def open(self) -> None:
        """Load the SDK, which would hold the event loop for a quarter of a second, in a thread."""
        self._redactor = Redactor(secrets_in(self.config))
        webhook_client, web_client = await asyncio.to_thread(_sdk)
        quiet = logging.getLogger("router.slack_sdk")  # the SDK logs addresses and bodies at DEBUG
        quiet.setLevel(logging.WARNING)
        session = cast(aiohttp.ClientSession, _OneHop(self.http))
        self._webhook: Any = None
        self._web: Any = None
        if self.config.webhook_url is not None:
            url = self.config.webhook_url.get_secret_value()
            self._webhook = webhook_client(url, session=session, retry_handlers=[], logger=quiet)
            self._webhook.proxy = None  # proxies are the shared session's affair
        elif self.config.token is not None:
            self._web = web_client(
                self.config.token.get_secret_value(),
                base_url=self.config.base_url or "https://slack.com/api/",
                session=session,
                retry_handlers=[],
                logger=quiet,
            )
            self._web.proxy = None

    @classmethod
    def check(cls, config: SlackConfig | None, params: Mapping[str, Any], usage: Usage) -> Iterable[Fault]:
        """Yield what Slack would refuse: no content, a channel with a webhook, none with a token."""
        if not {"text", "blocks", "attachments"} & params.keys():
            yield Fault((), "`slack` needs `text`, `blocks` or `attachments`")
        if config is None:
            return
        if config.webhook_url is None:
            if "channel" not in params:
                yield Fault((), "`slack` needs `channel` where its destination has a `token`")
            return
        if "channel" in params:
            yield Fault(
                ("channel",), "a `webhook_url` posts to its own channel: leave `channel` out, or use a `token`"
            )
        for key in _APP_ONLY:
            if key in params:
                yield Fault((key,), f"Slack ignores `{key}` with the `webhook_url` of an app", warning=True)

    @classmethod
    def advise(cls, config: SlackConfig) -> Iterable[Fault]:
        """Yield what is no bot token, and no webhook of Slack's."""
        if config.token is not None and not config.token.get_secret_value().startswith("xoxb-"):
            yield Fault(("token",), "the `token` is no bot token, which begins with `xoxb-`")
        url = config.webhook_url.get_secret_value() if config.webhook_url is not None else ""
        if url.startswith("https://hooks.slack.com/") and not {"services", "triggers", "workflows"} & {
            *url.split("/")
        }:
            yield Fault(
                ("webhook_url",), "the `webhook_url` is not whole: it goes on with /services/ and three parts"
            )

    async def probe(self, uses: Sequence[Use]) -> Probed:
        """See whose token it is and what it may do; of a webhook nothing can be known without posting."""
        if self.config.webhook_url is not None:
            return await probed_webhook(self.config.webhook_url.get_secret_value())
        return await probed_app(self._ask, uses)

    async def _ask(self, method: str, **asked: Any) -> Any:
        """Ask the Web API for something that posts nothing; raises Retry or Permanent."""
        return await self._call(method, datetime.now(UTC), params=asked)

    @classmethod
    def starter(cls, about: Subject) -> Starter:
        """Return a message to the channel of an incoming webhook."""
        where = "The address of an incoming webhook: api.slack.com/apps, your app, Incoming Webhooks."
        return Starter(
            settings={"webhook_url": "${SLACK_WEBHOOK_URL}"},
            actions=[{"slack": {"text": about.text}}],
            variables={"SLACK_WEBHOOK_URL": where},
        )

    async def execute(self, params: SlackParams, delivery: Delivery) -> Mapping[str, Any]:
        """Post once. Facts: `channel` and `ts` of the message, with a token."""
        body = {key: value for key, value in params.model_dump(exclude_none=True).items() if value not in ("", [])}
        for where, limit, unit in over(body):
            raise Permanent(f"`{where}` is over Slack's limit of {limit} {unit}")
        if self._web is None:
            return await self._to_webhook(body, delivery)
        if not params.channel:
            raise Permanent("`channel` is empty: a `token` needs one")
        return await self._to_api(body, delivery)

    async def _to_webhook(self, body: dict[str, Any], delivery: Delivery) -> Mapping[str, Any]:
        try:
            answer = await self._webhook.send_dict(body)
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from None
        except ValueError as error:  # bytes that are no text
            raise Retry(f"Slack's answer could not be read ({type(error).__name__})") from None
        said = self._redactor.text(answer.body or "")
        check_status(answer.status_code, answer.headers, said, now=delivery.now)
        if said.strip() in _LIMITED:
            raise Retry(
                f"Slack said `{said.strip()}`", after=retry_after(answer.headers, delivery.now), throttled=True
            )
        if said.strip() != "ok" and '"ok":true' not in said.replace(" ", ""):  # a workflow answers in JSON
            raise Retry(f"Slack's answer was not `ok`: {said.strip()[:200]}")
        return {}

    async def _to_api(self, body: dict[str, Any], delivery: Delivery) -> Mapping[str, Any]:
        answer = await self._call("chat.postMessage", delivery.now, json=body)
        return {key: answer[key] for key in ("channel", "ts") if isinstance(answer[key], str)}

    async def _call(self, method: str, now: datetime, **options: Any) -> Any:
        from slack_sdk.errors import SlackApiError

        try:
            return await self._web.api_call(method, **options)
        except SlackApiError as error:
            raise self._judged(error.response, now) from None
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(error) from None
        except (AttributeError, ValueError) as error:  # the SDK takes whatever came for a JSON mapping
            raise Retry(f"Slack's answer could not be read ({type(error).__name__})") from None

    def _judged(self, answer: Any, now: datetime) -> Retry | Permanent:
        """Return what follows from an answer that is not `ok`: the error word decides, else the status."""
        status: int = answer.status if isinstance(answer, aiohttp.ClientResponse) else answer.status_code
        data = getattr(answer, "data", None)
        error = data.get("error") if isinstance(data, Mapping) else None
        after = retry_after(answer.headers, now)
        if not isinstance(error, str):
            try:
                check_status(status, answer.headers, now=now)
            except (Retry, Permanent) as judged:
                return judged
            return Retry("Slack's answer could not be read", after=after)
        hide = self._redactor.text  # before it is cut, so that no part of a secret is left
        reason = f"Slack said `{hide(error)[:100]}`{hide(_details(data))[:200]}"
        limited = error in _LIMITED or status == 429
        if limited or error in _TRANSIENT or status >= 500:
            return Retry(reason, after=after, throttled=limited)
        return Permanent(reason)


class _OneHop:
    """The shared session, as the SDK uses it; without redirects, which nobody who posts to Slack means."""

    closed = False

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    def request(self, method: str, url: str, **options: Any) -> Any:
        return self._http.request(method, url, allow_redirects=False, **options)


def _sdk() -> tuple[Any, Any]:
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.webhook.async_client import AsyncWebhookClient

    return AsyncWebhookClient, AsyncWebClient


def _details(data: Any) -> str:
    messages = data.get("response_metadata", {}) if isinstance(data, Mapping) else {}
    messages = messages.get("messages") if isinstance(messages, Mapping) else None
    return f": {'; '.join(map(str, messages))}" if isinstance(messages, list) and messages else ""
