"""Texts that are not escaped again: what `raw` and `slack_link` make."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from router.routing.values import to_text


def escape_mrkdwn(text: str) -> str:
    """Escape the three characters of Slack's markup (docs.slack.dev, "Formatting message text")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Raw(Markup):
    """A text that its author wants as it is, whatever the field."""

    __slots__ = ()


class SlackMarkup(Markup):
    """A text in Slack's markup; what is joined to it is escaped Slack's way."""

    __slots__ = ()

    @classmethod
    def escape(cls, s: Any, /) -> SlackMarkup:
        """Return the text, escaped unless it is Slack's markup already."""
        return cls(s if isinstance(s, Raw | SlackMarkup) else escape_mrkdwn(to_text(s)))


def mrkdwn(value: Any) -> str:
    """Return a value as Slack's markup."""
    return str(value) if isinstance(value, Raw | SlackMarkup) else escape_mrkdwn(to_text(value))


def html(value: Any) -> str:
    """Return a value as HTML."""
    safe = isinstance(value, Markup) and not isinstance(value, SlackMarkup)
    return str(value) if safe else str(Markup.escape(str(to_text(value))))


_LINKS = ("http://", "https://", "mailto:")


def slack_link(url: Any, label: Any = None) -> SlackMarkup:
    """Return a link in Slack's markup; the text alone where the address is none (`!channel`, `@U1`)."""
    address = to_text(url).strip()
    text = mrkdwn(label) if label is not None else ""
    if not address.lower().startswith(_LINKS):
        return SlackMarkup(text or escape_mrkdwn(address))
    shown = escape_mrkdwn(address).replace("|", "%7C").replace("\n", "").replace("\r", "")
    if not text.strip():
        return SlackMarkup(f"<{shown}>")
    return SlackMarkup(f"<{shown}|{text.replace('|', '¦').replace(chr(10), ' ')}>")
