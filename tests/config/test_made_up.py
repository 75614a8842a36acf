"""Values for what is not set."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import urlsplit

import pytest

from router.config.made_up import made_up, telling


def test_a_value_is_made_from_the_name_alone() -> None:
    assert made_up("CLERK_SECRET") == made_up("CLERK_SECRET") != made_up("CLERK_SECRET_2")


@pytest.mark.parametrize(
    "name", ["CLERK_WEBHOOK_SIGNING_SECRET", "RESEND_API_KEY", "X", "file:/run/secrets/a", "CURL"]
)
def test_a_secret_is_one_that_svix_would_take(name: str) -> None:
    value = made_up(name)
    if name == "CURL":
        assert value.startswith("https://")
        return
    assert value.startswith("whsec_")
    assert len(b64decode(value.removeprefix("whsec_"), validate=True)) == 32


@pytest.mark.parametrize("name", ["SLACK_WEBHOOK_URL", "APP_URL", "URL", "URL_OF_APP", "A" * 200 + "_URL"])
def test_an_address_leads_nowhere(name: str) -> None:
    parts = urlsplit(made_up(name))
    assert parts.scheme == "https"
    assert str(parts.hostname).endswith(".example")
    assert all(0 < len(label) <= 63 for label in str(parts.hostname).split("."))


def test_a_database_is_a_file_and_a_mail_address_one_of_example_com() -> None:
    assert made_up("DATABASE_URL").startswith("sqlite:///")
    assert made_up("ADMIN_EMAIL") == "admin-email@example.com"


@pytest.mark.parametrize("name", ["DATABASE_WEBHOOK_SECRET", "EMAIL_SIGNING_KEY", "URL_SECRET"])
def test_what_is_called_a_secret_is_one_whatever_it_is_of(name: str) -> None:
    assert made_up(name).startswith("whsec_")


@pytest.mark.parametrize(
    ("name", "key", "text", "begin"),
    [
        ("HOOK", "webhook_url", "${HOOK}", "https://"),
        ("APP", "base_url", "${APP}", "https://"),
        ("PG", "url", "${PG}", "sqlite:///"),
        ("PG_URL", "url", "${PG_URL}", "sqlite:///"),
        ("SENDER", "from", "Acme <${SENDER}>", "sender-email@example.com"),
        ("TENANT", "base_url", "https://${TENANT}.acme.dev", "tenant-host.example"),
        ("DB_PORT", "url", "postgresql://db:${DB_PORT}/app", "8080"),
        ("DB_PASSWORD", "url", "postgresql://app:${DB_PASSWORD}@db/app", "whsec_"),
        ("CLERK", "secret", "${CLERK}", "whsec_"),
        ("APP", "X-Token", "Bearer ${APP}", "whsec_"),
    ],
)
def test_the_place_tells_the_form_where_the_name_does_not(name: str, key: str, text: str, begin: str) -> None:
    assert made_up(telling(name, key, text)).startswith(begin)
