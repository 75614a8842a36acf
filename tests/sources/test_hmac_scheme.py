"""The declarative `hmac` scheme."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.errors import Rejected
from router.sources.hmac_scheme import ALGORITHMS, ENCODINGS, HmacScheme, Timestamp, parse_signed
from tests.sources.build import NOW, request

BODY = b'{"a": "\xff"}'
PLAIN = HmacScheme(("key", "old"), "X-Sig", "sha256=", "sha256", "hex", ("body",))
FULL = HmacScheme(
    ("key",),
    "X-Sig",
    "v0=",
    "sha256",
    "base64",
    parse_signed("v0:{id}:{timestamp}:{method}:{body}"),
    Timestamp("X-Time", "s", 300),
    "X-Id",
)


def reason(scheme: HmacScheme, headers: dict[str, str] | list[tuple[str, str]], body: bytes = BODY) -> str:
    with pytest.raises(Rejected) as caught:
        scheme.verify(request(body, headers))
    assert caught.value.status == 401
    return caught.value.reason


def test_a_digest_of_the_raw_body_is_accepted_with_each_secret_and_in_both_cases() -> None:
    for secret in ("key", "old"):
        digest = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
        PLAIN.verify(request(BODY, {"x-sig": "sha256=" + digest}))
        PLAIN.verify(request(BODY, {"x-sig": "sha256=" + digest.upper()}))


def test_a_template_is_signed_as_it_stands() -> None:
    content = b"v0:m1:%d:POST:%s" % (NOW.timestamp(), BODY)
    digest = base64.b64encode(hmac.new(b"key", content, hashlib.sha256).digest()).decode()
    headers = {"X-Sig": "v0=" + digest, "X-Time": str(int(NOW.timestamp())), "X-Id": "m1"}
    FULL.verify(request(BODY, headers))
    assert FULL.sign("m1", NOW, BODY) == headers


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("unit", ["s", "ms"])
def test_what_it_signs_it_accepts(algorithm: str, encoding: str, unit: str) -> None:
    scheme = replace(FULL, algorithm=algorithm, encoding=encoding, timestamp=Timestamp("X-Time", unit, 300))
    headers = scheme.sign("m1", NOW + timedelta(seconds=200), BODY)
    scheme.verify(request(BODY, headers))
    assert "old" in reason(scheme, scheme.sign("m1", NOW - timedelta(seconds=301), BODY))


def test_base64url_is_read_with_and_without_padding() -> None:
    scheme = replace(PLAIN, encoding="base64url", prefix="")
    value = scheme.sign("", NOW, BODY)["X-Sig"]
    assert value.endswith("=")
    scheme.verify(request(BODY, {"X-Sig": value.rstrip("=")}))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({}, "missing"),
        ({"X-Sig": ""}, "empty"),
        ({"X-Sig": "sha1=00"}, "does not begin"),
        ({"X-Sig": "sha256="}, "is not hex"),
        ({"X-Sig": "sha256=00"}, "is not hex"),
        ({"X-Sig": "sha256=" + "zz" * 32}, "is not hex"),
        ({"X-Sig": "sha256=" + " 0" * 32}, "is not hex"),
        ({"X-Sig": "sha256=\u0660" + "0" * 63}, "is not hex"),
        ({"X-Sig": "sha256=" + "00" * 32}, "does not fit"),
        ([("X-Sig", "a"), ("x-sig", "b")], "2 times"),
    ],
)
def test_a_faulty_signature_header_is_refused_with_its_reason(
    header: dict[str, str] | list[tuple[str, str]], said: str
) -> None:
    assert said in reason(PLAIN, header)


def test_base64_is_strict() -> None:
    scheme = replace(PLAIN, encoding="base64", prefix="")
    good = scheme.sign("", NOW, BODY)["X-Sig"]
    last = chr(ord(good[-2]) + 1)
    for bad in (good.rstrip("="), good + "=", "\n" + good + "!", good[:-2] + last + "=", good.replace("=", "-")):
        assert "is not base64" in reason(scheme, {"X-Sig": bad}), bad


@given(st.binary(min_size=1, max_size=40), st.data())
def test_any_changed_byte_of_body_id_time_or_signature_is_refused(body: bytes, data: st.DataObject) -> None:
    parts = {"body": body, **{name: value.encode() for name, value in FULL.sign("m1", NOW, body).items()}}
    name = data.draw(st.sampled_from(sorted(parts)))
    index = data.draw(st.integers(0, len(parts[name]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != parts[name][index]))
    parts[name] = parts[name][:index] + bytes([byte]) + parts[name][index + 1 :]
    changed = parts.pop("body")
    headers = {key: value.decode("utf-8", "surrogateescape") for key, value in parts.items()}
    with pytest.raises(Rejected):
        FULL.verify(request(changed, headers))


@given(st.dictionaries(st.sampled_from(["X-Sig", "X-Time", "X-Id"]), st.text(max_size=80)), st.binary(max_size=20))
def test_whatever_the_headers_are_only_rejected_is_raised(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Rejected):
        FULL.verify(request(body, headers))


@pytest.mark.parametrize("template", ["{body", "{}", "{url}", "{{body}}", "}"])
def test_a_faulty_template_is_a_plain_sentence(template: str) -> None:
    with pytest.raises(ValueError, match="`"):
        parse_signed(template)


def test_the_secrets_are_not_shown() -> None:
    assert "key" not in repr(PLAIN)
