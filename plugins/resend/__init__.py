"""Sends mail through Resend.

Facts: resend.com/docs/api-reference/emails/send-email, /errors, /rate-limit, /dashboard/emails/idempotency-keys.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import aiohttp
from pydantic import Field, field_validator, model_validator

from router.plugin import (
    Action,
    BaseUrl,
    Delivery,
    Fault,
    Header,
    Html,
    Model,
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
    read_answer,
    retry_after,
    secrets_in,
    unreachable,
)

from .probe import Account, probed

KEY_KEPT = timedelta(hours=23)
"""How long a repeat is safe: Resend forgets an idempotency key after 24 hours; an hour is left for clocks."""

QUOTA_PAUSE = 3600.0
"""Seconds to wait, at least, once a quota is used up: it comes back by the day or month, or with another plan."""

_QUOTAS = {"daily_quota_exceeded", "monthly_quota_exceeded"}  # 429 as well, and yet no rate limit

_calling: ContextVar[Resend | None] = ContextVar("calling", default=None)


#: An address, or a template that may become one.
_ADDRESS = re.compile(r"[^\s@]@[^\s@]|\{\{|\{%")


class ResendConfig(Model):
    """A Resend account."""

    api_key: SecretStr = Field(description="API key; one that may only send is enough.")
    from_: Header | None = Field(
        None, alias="from", description="Sender where an action gives none, as `Acme <hello@acme.dev>`."
    )
    base_url: BaseUrl = Field("https://api.resend.com", description="Address of the API, for tests and proxies.")

    @field_validator("api_key")
    @classmethod
    def _is_key(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("is empty, or holds blanks: it should look like `re_...`")
        return key


class Tag(Model):
    """A tag of a mail: ASCII letters, digits, `_` and `-`, at most 256."""

    name: Text = Field(description="Its name.")
    value: Text = Field(description="Its value.")


class Attachment(Model):
    """A file that goes with a mail: its content, or the address where Resend fetches it."""

    filename: Header | None = Field(None, description="Name that the reader sees.")
    content: Text | None = Field(None, description="The file in base64.")
    path: Url | None = Field(None, description="Address of the file.")
    content_type: Header | None = Field(None, description="Media type; from the file's name if absent.")
    content_id: Header | None = Field(None, description="Id for `cid:` references in `html`.")

    @model_validator(mode="after")
    def _one_origin(self) -> Attachment:
        if (self.content is None) == (self.path is None):
            raise ValueError("an attachment needs either `content` or `path`")
        return self


class ResendParams(Model):
    """A mail."""

    to: Header | list[Header] = Field(description="One recipient or a list, at most 50.")
    subject: Header = Field(description="The subject.")
    from_: Header | None = Field(None, alias="from", description="Sender; the destination's `from` if absent.")
    html: Html | None = Field(None, description="The mail as HTML.")
    text: Text | None = Field(None, description="The mail as plain text.")
    cc: Header | list[Header] | None = Field(None, description="Who gets a copy.")
    bcc: Header | list[Header] | None = Field(None, description="Who gets a copy unseen.")
    reply_to: Header | list[Header] | None = Field(None, description="Where answers go.")
    headers: dict[str, Header] | None = Field(None, description="More headers of the mail.")
    tags: list[Tag] | None = Field(None, description="Tags, as `{name, value}`.")
    attachments: list[Attachment] | None = Field(None, description="Files, 40 MB in all at most.")
    scheduled_at: Text | None = Field(None, description="When to send it: ISO 8601, or as `in 1 hour`.")

    @model_validator(mode="after")
    def _complete(self) -> ResendParams:
        if not self.to or (isinstance(self.to, list) and not all(self.to)):
            raise ValueError("`to` is empty, or holds an empty address")
        for name in ("to", "cc", "bcc", "reply_to"):
            given = getattr(self, name) or ()
            if any(one and "@" not in one for one in ([given] if isinstance(given, str) else given)):
                raise ValueError(f"`{name}` holds what is no address: there is no `@` in it")
        if isinstance(self.to, list) and len(self.to) > 50:
            raise ValueError("`to` holds more than 50 addresses")
        if self.html is None and self.text is None:
            raise ValueError("a mail needs `html` or `text`")
        return self


class Resend(Action[ResendConfig, ResendParams]):
    """Sends a mail through Resend; a repeat within 23 hours sends no second one."""

    name = "resend"
    Config = ResendConfig
    Params = ResendParams

    async def open(self) -> None:
        """Load the SDK, which would hold the event loop for a quarter of a second, in a thread."""
        self._sdk = await asyncio.to_thread(_load)
        self._client = _client(self._sdk, self)
        self._redactor = Redactor(secrets_in(self.config))

    @classmethod
    def check(cls, config: ResendConfig | None, params: Mapping[str, Any], usage: Usage) -> Iterable[Fault]:
        """Yield what a mail lacks: content, or a sender."""
        if "html" not in params and "text" not in params:
            yield Fault((), "`resend` needs `html` or `text`")
        if config is not None and config.from_ is None and "from" not in params:
            yield Fault((), "`resend` needs `from`, here or in its destination")
        for key in ("to", "cc", "bcc", "reply_to", "from"):
            given = params.get(key)
            for text in given if isinstance(given, list) else [given]:
                if isinstance(text, str) and text and not _ADDRESS.search(text):
                    write = "write ada@example.com, or Ada <ada@example.com>"
                    yield Fault((key,), f"`{text}` is no address of mail: {write}")

    @classmethod
    def advise(cls, config: ResendConfig) -> Iterable[Fault]:
        """Yield what is no API key of Resend's."""
        if not config.api_key.get_secret_value().startswith("re_"):
            yield Fault(("api_key",), "the `api_key` is no key of Resend, which begins with `re_`")

    async def probe(self, uses: Sequence[Use]) -> Probed:
        """See whether the key is good and its senders' domains are verified; sends no mail."""
        account = Account(self.http, self.config.base_url, self.config.api_key.get_secret_value())
        return await probed(account, self.config.from_, uses)

    @classmethod
    def starter(cls, about: Subject) -> Starter:
        """Return a mail to the person whom the event is about, or to the team."""
        mail = {"to": about.mail.to or "{{ team }}", "subject": about.mail.subject, "text": about.mail.text}
        team = {} if about.mail.to else {"TEAM_EMAIL": "The address that mails to your team go to."}
        return Starter(
            settings={"api_key": "${RESEND_API_KEY}", "from": "${MAIL_FROM:-Acme <onboarding@resend.dev>}"},
            actions=[{"resend": mail, **({"if": about.mail.if_} if about.mail.if_ else {})}],
            variables={
                "RESEND_API_KEY": "A key that may send: resend.com/api-keys.",
                "MAIL_FROM": "The sender of mails, at a domain that is verified at Resend: resend.com/domains.",
                **team,
            },
            vars={"team": "${TEAM_EMAIL}"} if team else {},
        )

    async def execute(self, params: ResendParams, delivery: Delivery) -> Mapping[str, Any]:
        """Send once, or not again. Facts: `id`, Resend's id of the mail."""
        if delivery.now - delivery.first_attempt_at > KEY_KEPT:
            raise Permanent(
                "outcome unknown: it was first tried more than 23 hours ago, and Resend tells a repeat "
                "for 24 hours only; look there whether the mail was sent, and replay the event if not"
            )
        mail = {key: value for key, value in params.model_dump(exclude_none=True).items() if value not in ("", [])}
        mail.setdefault("from", self.config.from_)
        if not mail["from"]:
            raise Permanent("`from` is empty, here and in the destination")
        answer = await self._send(mail, _key(delivery.id), delivery)
        return {"id": answer["id"]} if isinstance(answer.get("id"), str) else {}

    async def _send(self, mail: dict[str, Any], key: str, delivery: Delivery) -> Mapping[str, Any]:
        calling = _calling.set(self)
        try:
            # The SDK knows one client for the whole process. It reads it before its first await, and so
            # takes ours; should that ever change, the client sees that it was called for another action.
            self._sdk.default_async_http_client = self._client
            answer = await self._sdk.Emails.send_async(mail, {"idempotency_key": key})
        except self._sdk.exceptions.ResendError as error:
            raise self._judged(error, delivery) from None
        except self._sdk.exceptions.NoContentError:
            raise Retry("Resend's answer was empty") from None
        finally:
            _calling.reset(calling)
        return answer if isinstance(answer, Mapping) else {}

    def _judged(self, error: Any, delivery: Delivery) -> Retry | Permanent:
        """Return what follows from an error of the SDK; its number and type decide, not its class."""
        if error.error_type == "HttpClientError":
            return Retry(self._redactor.text(error.message))
        code = int(error.code) if str(error.code).isdigit() else 500
        reason = self._redactor.text(
            f"Resend said {code} `{error.error_type}`: {str(error.message).strip()[:200]}"
        )
        after = retry_after(error.headers, delivery.now)
        if error.error_type in _QUOTAS:
            return Retry(reason, after=max(after or 0.0, QUOTA_PAUSE), throttled=True)
        if code in (408, 425, 429) or code >= 500 or error.error_type == "concurrent_idempotent_requests":
            return Retry(reason, after=after, throttled=code == 429)
        return Permanent(reason)


def _key(delivery_id: str) -> str:
    """Return the idempotency key, which Resend wants in 1 to 256 characters."""
    return delivery_id if len(delivery_id) <= 256 else hashlib.sha256(delivery_id.encode()).hexdigest()


def _load() -> Any:
    import resend

    return resend


def _client(sdk: Any, action: Resend) -> Any:
    """Return an HTTP client for the SDK that sends through the shared session, as this destination."""

    class SharedSession(sdk.AsyncHTTPClient):  # type: ignore[misc]
        async def request(
            self, method: str, url: str, headers: Mapping[str, str], json: Any = None, **_: Any
        ) -> tuple[bytes, int, Mapping[str, str]]:
            if _calling.get() is not action:
                raise RuntimeError("the SDK took the client of another destination; nothing was sent")
            own = {**headers, "Authorization": f"Bearer {action.config.api_key.get_secret_value()}"}
            address = action.config.base_url + url.removeprefix(sdk.api_url)
            try:
                async with action.http.request(
                    method.upper(), address, headers=own, json=json, allow_redirects=False
                ) as answer:
                    text = await read_answer(answer)
            except (aiohttp.ClientError, OSError) as error:
                raise unreachable(error) from None
            if 300 <= answer.status < 400:
                raise sdk.exceptions.ResendError(
                    answer.status, "redirect", "`base_url` redirects: give the final address", ""
                )
            return text.encode(), answer.status, answer.headers

    return SharedSession()
