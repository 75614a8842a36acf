"""Secrets of the Svix family are strict at load."""

from __future__ import annotations

import base64

import pytest

from router.sources.signing_key import check_signing_key

KEY = base64.b64encode(bytes(range(200, 232))).decode()  # has + and / and padding


@pytest.mark.parametrize("text", [KEY, "whsec_" + KEY, f" whsec_{KEY}\n", "whsec_" + KEY.rstrip("=")])
def test_every_usual_form_means_the_same_key(text: str) -> None:
    assert check_signing_key(text) == "whsec_" + KEY


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("whsec_" + base64.urlsafe_b64encode(bytes(range(220, 252))).decode(), "base64url"),
        ("whsec_", "0 bytes"),
        ("abc", "2 bytes"),
        ("whsec_" + KEY.rstrip("=")[:-1] + "B", "at the end"),
        ("abcd", "3 bytes"),
        ("whsec_" + base64.b64encode(bytes(23)).decode(), "23 bytes"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "65 bytes"),
        ("whsec_" + KEY[:-3], "base64"),
        ("whsec_" + KEY + "é", "is not base64"),
        ("v1,whsec_" + KEY, "begins with `v1,`: leave that out"),
        (f'"whsec_{KEY}"', "begins with a quote"),
        ("sk_test_" + KEY, "is an API key .`sk_`.: what signs webhooks is another secret"),
        ("pk_live_" + KEY, "is an API key"),
        ("whsec_" + KEY[:10] + " " + KEY[10:], "is not base64"),
        ("whsec_" + KEY[:10] + "!" + KEY[10:], "is not base64"),
    ],
)
def test_anything_else_is_refused_without_showing_it(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        check_signing_key(text)
    assert text.removeprefix("whsec_")[:9] not in str(caught.value) or text in ("abc", "abcd", "whsec_")
