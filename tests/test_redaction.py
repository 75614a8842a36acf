"""Secrets are taken out of whatever is logged, stored or shown."""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretBytes, SecretStr

from router.redaction import Redactor, secrets_in

SECRET = 'tok+en/with=ch&rs_%20"q\\z'


def _lower(found: re.Match[str]) -> str:
    return found[0].lower()


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a path": lambda text: urllib.parse.quote(text),
    "in a query": lambda text: urllib.parse.quote(text, safe=""),
    "in a query, in lower case": lambda text: re.sub("%..", _lower, urllib.parse.quote(text, safe="")),
    "in a form": lambda text: urllib.parse.quote_plus(text),
    "in JSON": lambda text: json.dumps(text),
    "in Python": repr,
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in the base64 of an address": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("secret", [SECRET, "re_Vb7tQm2x_4HfKpZsWnYc9R", "pässwörd-名前", "abc+/="])
def test_a_secret_goes_in_every_form_in_which_a_server_may_quote_it(
    secret: str, form: Callable[[str], str]
) -> None:
    shown = Redactor([secret]).text(f"HTTP 400: <{form(secret)}> is wrong")
    assert "***" in shown
    for other in FORMS.values():
        assert other(secret).strip("\"'=") not in shown


@given(st.binary(max_size=9), st.binary(max_size=9), st.text(min_size=8, max_size=40))
def test_a_secret_is_not_found_in_the_base64_of_anything_around_it(
    before: bytes, after: bytes, secret: str
) -> None:
    raw = secret.encode("utf-8", "surrogatepass")
    whole = base64.b64encode(before + raw + after).decode()
    shown = Redactor([secret]).text(whole)
    assert len(shown.replace("***", "")) <= (len(before) + len(after) + 4) * 8 / 6 + 4


def test_the_longest_goes_first_so_that_no_part_is_left() -> None:
    redactor = Redactor(["secret-one", "secret-one-and-more"])
    assert redactor.text("a secret-one-and-more b secret-one c") == "a *** b *** c"


def test_ordinary_words_stay() -> None:
    assert Redactor(["ok", "", "admin"]).text("ok, admin") == "ok, admin"
    assert Redactor().text("anything") == "anything"


def test_a_tree_is_cleaned_in_its_keys_and_its_depths() -> None:
    cleaned = Redactor([SECRET]).tree({SECRET: [1, None, {"a": (SECRET, 2.5)}], "b": True})
    assert cleaned == {"***": [1, None, {"a": ["***", 2.5]}], "b": True}


class Inner(BaseModel):
    """A part of a destination's settings."""

    key: SecretStr


class Settings(BaseModel):
    """A destination's settings."""

    url: SecretStr
    raw: SecretBytes
    inner: list[Inner]
    plain: str = "not a secret"


def test_the_secrets_of_a_model_are_found_wherever_they_stand_and_what_an_error_shows_of_an_address() -> None:
    found = secrets_in(
        Settings(
            url=SecretStr("postgresql://u:p%40ss-word@db/app"),
            raw=SecretBytes(b"raw-secret"),
            inner=[Inner(key=SecretStr("https://hooks.example/services/T0/B0/abcdef"))],
        )
    )
    assert found == {
        "postgresql://u:p%40ss-word@db/app",
        "p%40ss-word",
        "p@ss-word",
        "raw-secret",
        "https://hooks.example/services/T0/B0/abcdef",
        "/services/T0/B0/abcdef",
    }


def test_some_texts_can_be_spared() -> None:
    redactor = Redactor(["first-secret", "second-secret"]).sparing(["first-secret"])
    assert redactor.text("first-secret second-secret") == "first-secret ***"
    assert Redactor(["first-secret"]).sparing(["first-secret"]).text("first-secret") == "first-secret"
