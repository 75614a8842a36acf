"""The schemes `token` and `none`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.errors import Rejected
from router.sources.token_scheme import NoScheme, TokenScheme
from tests.sources.build import NOW, request

TOKEN = TokenScheme(("s3cret", "schlüssel"), "Authorization", "Bearer ")


@pytest.mark.parametrize("value", ["Bearer s3cret", "Bearer schlüssel"])
def test_each_token_is_accepted_with_its_prefix(value: str) -> None:
    TOKEN.verify(request(b"", {"authorization": value}))


@pytest.mark.parametrize(
    "value", ["", "s3cret", "Bearer", "Bearer s3cre", "Bearer s3cret2", "bearer s3cret", "\udcff"]
)
def test_anything_else_is_refused(value: str) -> None:
    with pytest.raises(Rejected) as caught:
        TOKEN.verify(request(b"", {"Authorization": value}))
    assert caught.value.status == 401
    assert "s3cret" not in caught.value.reason


def test_a_doubled_header_is_refused_even_if_both_are_right() -> None:
    with pytest.raises(Rejected):
        TOKEN.verify(request(b"", [("Authorization", "Bearer s3cret")] * 2))


@given(st.text(max_size=40))
def test_no_text_raises_anything_else(value: str) -> None:
    with pytest.raises(Rejected):
        TOKEN.verify(request(b"", {"Authorization": value}))


def test_the_header_is_a_credential_and_sent_by_the_sender() -> None:
    assert TOKEN.credentials == {"authorization"}
    assert TOKEN.headers == ()
    assert not TOKEN.signable
    assert TOKEN.sign("m", NOW, b"") == {"Authorization": "Bearer s3cret"}


def test_none_accepts_everything() -> None:
    NoScheme().verify(request(b"\xff", {}))
    assert NoScheme().sign("m", NOW, b"") == {}
