"""Secrets that are probably something else."""

from __future__ import annotations

import pytest

from router.lint.doubtful_secret import is_placeholder
from tests.lint.asked import problems

FILE = """
    version: 1
    sources:
      github: {{provider: github, secret: "${{SECRET}}"}}
    destinations:
      slack: {slack}
      resend: {{api_key: "{key}", from: a@b.c}}
    routes:
      - {{name: a, actions: [{{slack: {{text: x{channel}}}}}, {{resend: {{to: a@b.c, subject: s, text: t}}}}]}}
"""
GOOD = "5f4dcc3b5aa765d61d8327deb882cf99"
WEBHOOK = '{webhook_url: "https://hooks.slack.com/services/T/B/x"}'


def found(secret: str = GOOD, slack: str = WEBHOOK, key: str = "re_AbCdEfGh") -> list[str]:
    """Return what is told of these secrets."""
    told = problems(
        FILE.format(slack=slack, key=key, channel=", channel: c" if "token" in slack else ""), {"SECRET": secret}
    )
    assert {p.code for p in told} <= {"doubtful-secret"}
    assert not any(secret in p.message + str(p.hint) for p in told)
    return [f"{p.mark.line}:{p.mark.column}: {p.message}" for p in told]


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("changeme", "looks like a placeholder, which anybody can guess"),
        ("your-webhook-secret", "looks like a placeholder, which anybody can guess"),
        ("<your secret here>", "looks like a placeholder, which anybody can guess"),
        ("whsec_...", "looks like a placeholder, which anybody can guess"),
        ('"5f4dcc3b5aa765d61d8327deb882cf99"', "begins and ends with a quote"),
        ("pk_test_5f4dcc3b5aa765d6", "is a publishable key (`pk_`), which everybody may know"),
        ("sk_live_5f4dcc3b5aa765d6", "is an API key (`sk_`), not the secret that webhooks are signed with"),
        ("two words of it", "holds blanks"),
        ("5f4dcc", "has 6 characters only: it can be guessed"),
    ],
)
def test_a_secret_of_a_source_that_is_none_is_told_and_not_quoted(secret: str, message: str) -> None:
    assert found(secret) == [f"4:38: the `secret` of the source `github` {message}"]


def test_real_secrets_are_not_told() -> None:
    assert found() == []
    assert found("It's-a-long-secret-of-test-systems") == []


def test_the_plugins_tell_what_their_vendors_would_refuse() -> None:
    assert found(slack='{token: "xoxp-123"}', key="5f4dcc3b") == [
        "6:18: the destination `slack`: the `token` is no bot token, which begins with `xoxb-`",
        "7:21: the destination `resend`: the `api_key` is no key of Resend, which begins with `re_`",
    ]
    assert found(slack='{webhook_url: "https://hooks.slack.com/T/B/x"}') == [
        "6:24: the destination `slack`: the `webhook_url` is not whole: it goes on with /services/ and three parts"
    ]


@pytest.mark.parametrize(
    "text", ["xxx", "XXXXX", "test", "my-secret", "CHANGE_ME", "whsec_xxxx", "1234", "secret"]
)
def test_placeholders_are_known(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["whsec_QUFBQUFBQUFB", "tested-well", "a-github-secret", "secretary", "x1y2z3"])
def test_other_texts_are_no_placeholders(text: str) -> None:
    assert not is_placeholder(text)
