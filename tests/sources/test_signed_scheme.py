"""The schemes that sign a template: hmac, ed25519, ecdsa and rsa."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from router.errors import Rejected
from router.model import RawRequest
from router.sources.scheme import Scheme
from router.sources.signed_text import parse_signed
from router.sources.source import Source
from tests.sources.build import NOW, codes, request, source

BODY = b'{"a": "\xff"}'
SEED = "whsec_" + base64.b64encode(bytes(range(32))).decode()
PLAIN = source(
    "s: {verify: {scheme: hmac, header: X-Sig, prefix: 'sha256=', encoding: hex}, secret: [key, old], id: $.i}"
)


def signed(verify: str, rest: str = "secret: [key, old]") -> Source:
    return source(f"s: {{verify: {{{verify}}}, {rest}, id: header:X-Id}}")


SCHEMES = {
    "plain": PLAIN,
    "items": signed(
        "scheme: hmac, header: [Sig, Sig-Old], items: {signature: v1}, encoding: hex, timestamp: {item: t},"
        "signed: '{timestamp}.{item:n}.{id}.{body}'"
    ),
    "everything": signed(
        "scheme: hmac, header: X-Sig, prefix: v0=, encoding: base64url, algorithm: sha512, require: {X-Key: k1},"
        "signed: 'v0:{id}:{timestamp}:{method}:{url}:{path}:{header:X-Nonce}:{body}', secret_encoding: base64,"
        "timestamp: {header: X-Time, unit: iso}",
        "secret: aGVsbG8=, public_url: 'https://acme.dev/hooks/s'",
    ),
    "milliseconds": signed(
        "scheme: hmac, header: X-Sig, encoding: base64, algorithm: sha1, timestamp: {header: X-Time, unit: ms},"
        "signed: '{timestamp}{body}', secret_encoding: hex, secret_prefix: 'k_'",
        "secret: k_00ff",
    ),
    "ed25519": signed(
        "scheme: ed25519, header: X-Sig, encoding: hex, signed: '{timestamp}{body}', timestamp: {header: X-Time}",
        f"public_key: '{SEED}'",
    ),
    "v1a": signed(
        "scheme: ed25519, header: X-Sig, items: {separator: ' ', equals: ',', signature: v1a}, encoding: base64,"
        "signed: '{id}.{timestamp}.{body}', timestamp: {header: X-Time}",
        f"public_key: '{SEED}'",
    ),
    "ecdsa": signed(
        "scheme: ecdsa, header: X-Sig, encoding: base64, signed: '{timestamp}{body}', timestamp: {header: X-Time}",
        f"public_key: '{SEED}'",
    ),
    "token": signed("scheme: token, header: X-Token"),
    "basic": signed("scheme: basic, user: acme"),
    "standard-webhooks": signed("scheme: standard-webhooks", f"secret: '{SEED}'"),
}
SIGNING = [name for name in SCHEMES if name not in ("token", "basic")]


def reason(scheme: Scheme, one: RawRequest) -> str:
    with pytest.raises(Rejected) as caught:
        scheme.verify(one)
    assert caught.value.status == 401
    return caught.value.reason


@pytest.mark.parametrize("name", SCHEMES)
def test_what_it_signs_it_accepts_and_says_by_which_secret(name: str) -> None:
    scheme = SCHEMES[name].scheme
    headers = scheme.sign("m1", NOW, b"{}")
    assert scheme.verify(request(b"{}", headers)) == 1
    assert set(headers) >= {header.name for header in scheme.proof(request(b"{}", headers))}
    assert {name.lower() for name in headers} - scheme.credentials <= set(scheme.headers) | {"x-key"}


@cache
def headers_of(name: str, body: bytes) -> Mapping[str, str]:
    """Return the headers of a body, once: a signature of ECDSA differs each time, in its length too."""
    return SCHEMES[name].scheme.sign("m1", NOW, body)


@pytest.mark.parametrize("name", SCHEMES)
@given(
    body=st.binary(min_size=1, max_size=40).filter(lambda b: b.decode("utf-8", "ignore").encode() == b),
    data=st.data(),
)
def test_any_changed_byte_of_the_body_or_of_a_header_is_refused(
    name: str, body: bytes, data: st.DataObject
) -> None:
    scheme = SCHEMES[name].scheme
    parts = {key: value.encode() for key, value in headers_of(name, body).items()}
    if name in SIGNING:
        parts["body"] = body
    if name in ("plain", "milliseconds", "ed25519", "ecdsa"):
        parts.pop("X-Id", None)  # not signed
    key = data.draw(st.sampled_from(sorted(parts)))
    index = data.draw(st.integers(0, len(parts[key]) - 1))
    old = parts[key][index]
    # Hex is read in both cases, and blanks around a value are no part of it.
    byte = data.draw(
        st.integers(33, 126).filter(lambda b: b != old and bytes([b]).lower() != bytes([old]).lower())
    )
    if name == "basic" and index < 5:
        return
    parts[key] = parts[key][:index] + bytes([byte]) + parts[key][index + 1 :]
    changed = parts.pop("body", body)
    with pytest.raises(Rejected):
        scheme.verify(request(changed, {k: value.decode() for k, value in parts.items()}))


@pytest.mark.parametrize("name", SCHEMES)
@given(data=st.data())
def test_whatever_the_headers_are_only_rejected_is_raised(name: str, data: st.DataObject) -> None:
    scheme = SCHEMES[name].scheme
    good = scheme.sign("m1", NOW, BODY if name != "standard-webhooks" else b"{}")
    key = data.draw(st.sampled_from(sorted(good)))
    text = data.draw(
        st.text(max_size=80)
        | st.sampled_from(["v1=", "t=1", "t=1,v1=00", "Basic ====", "Basic \udcff", "v1a,AA=="])
    )
    one = request(b"{}", {**good, key: text})
    with suppress(Rejected):
        scheme.verify(one)
    scheme.sent_at(one)
    scheme.proof(one)
    scheme.message_id(one)


@pytest.mark.parametrize("name", SCHEMES)
def test_a_header_of_the_proof_that_stands_twice_or_is_oversized_is_refused(name: str) -> None:
    scheme = SCHEMES[name].scheme
    good = scheme.sign("m1", NOW, b"{}")
    for header in scheme.proof(request(b"{}", good)):
        assert "2 times" in reason(scheme, request(b"{}", [*good.items(), (header.name, good[header.name])]))
        assert "longer" in reason(scheme, request(b"{}", {**good, header.name: "a" * 5000}))


@pytest.mark.parametrize("name", [n for n, s in SCHEMES.items() if s.scheme.tolerance])
@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_time_out_of_tolerance_is_refused_both_ways(name: str, seconds: int) -> None:
    scheme = SCHEMES[name].scheme
    one = request(b"{}", scheme.sign("m1", NOW + timedelta(seconds=seconds), b"{}"))
    assert "at most 300 s" in reason(scheme, one)


def test_a_time_in_the_body_is_read_after_its_signature_fits() -> None:
    one = signed("scheme: hmac, header: X-Sig, encoding: hex, timestamp: {path: $.at, unit: ms, tolerance: 60s}")
    ms = int(NOW.timestamp() * 1000)
    for body, said in (
        (b'{"at": %d}' % ms, ""),
        (b'{"at": %d}' % (ms - 61_000), "old"),
        (b'{"at": true}', "not a time"),
        (b'{"at": 1.5}', "not a time"),
        (b"[]", "not a time"),
        (b"\xff", "not JSON"),
    ):
        sent = request(body, one.scheme.sign("m1", NOW, body))
        if said:
            assert said in reason(one.scheme, sent)
        else:
            assert one.scheme.verify(sent) == 1


def test_each_of_several_items_may_fit_and_others_are_left_alone() -> None:
    scheme = SCHEMES["v1a"].scheme
    good = scheme.sign("m1", NOW, b"{}")
    other = "v1a," + base64.b64encode(bytes(64)).decode()
    for value in (f"{other} {good['X-Sig']}", f"v1,a v1,b {good['X-Sig']} {other}"):
        assert scheme.verify(request(b"{}", {**good, "X-Sig": value})) == 1
    assert "no item `v1a`" in reason(scheme, request(b"{}", {**good, "X-Sig": "v1,abc"}))
    assert "more than 20" in reason(scheme, request(b"{}", {**good, "X-Sig": " ".join([other] * 21)}))


def test_an_item_that_is_read_and_stands_twice_is_refused() -> None:
    scheme = SCHEMES["items"].scheme
    good = scheme.sign("m1", NOW, b"{}")
    assert "twice" in reason(scheme, request(b"{}", {**good, "Sig": good["Sig"] + ",t=1"}))


def test_the_first_header_that_came_counts() -> None:
    scheme = SCHEMES["items"].scheme
    good = scheme.sign("m1", NOW, b"{}")
    moved = {("Sig-Old" if name == "Sig" else name): value for name, value in good.items()}
    assert scheme.verify(request(b"{}", moved)) == 1
    assert "not a list" in reason(scheme, request(b"{}", {**moved, "Sig": "x"}))


def test_the_number_of_the_secret_is_its_place_in_the_list() -> None:
    digest = hmac.new(b"old", BODY, hashlib.sha256).hexdigest()
    assert PLAIN.verify(request(BODY, {"x-sig": "sha256=" + digest.upper()})) == 2
    assert (
        signed("scheme: basic, user: acme").verify(
            request(b"", {"Authorization": "basic " + base64.b64encode(b"acme:old").decode()})
        )
        == 2
    )


def test_the_query_must_be_that_of_the_address_that_is_signed() -> None:
    one = signed(
        "scheme: hmac, header: X, encoding: hex, signed: '{url}{body}'",
        "secret: k, public_url: 'https://a.dev/h?x=1'",
    )
    headers = one.scheme.sign("m", NOW, b"{}")
    assert one.verify(request(b"{}", headers, query=[("x", "1")])) == 1
    assert "query" in reason(one.scheme, request(b"{}", headers))


def test_a_required_header_must_have_its_value() -> None:
    scheme = SCHEMES["everything"].scheme
    good = scheme.sign("m1", NOW, b"{}")
    assert "another value" in reason(scheme, request(b"{}", {**good, "X-Key": "k2"}))


@pytest.mark.parametrize("how", ["pkcs1v15", "pss"])
def test_rsa_verifies_with_one_of_several_public_keys(how: str) -> None:
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
    pems = [
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
        .replace("\n", "\\n")
        for key in keys
    ]
    one = signed(
        f"scheme: rsa, header: X, encoding: base64, padding: {how}", f'public_key: ["{pems[0]}", "{pems[1]}"]'
    )
    pad = padding.PKCS1v15() if how == "pkcs1v15" else padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    made = keys[1].sign(b"{}", pad, hashes.SHA256())
    headers = {"X": base64.b64encode(made).decode()}
    assert one.verify(request(b"{}", headers)) == 2
    assert "does not fit" in reason(one.scheme, request(b"{ }", headers))
    assert not one.signable
    assert not one.provable
    assert "X" not in one.request_headers("m", "t", NOW, b"{}")


def test_a_public_key_verifies_what_another_sender_signed() -> None:
    # RFC 8032, 7.1, test 3: the message is af82.
    public = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
    made = (
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    for text in (public, base64.b64encode(bytes.fromhex(public)).decode()):
        one = signed("scheme: ed25519, header: X, encoding: hex", f"public_key: '{text}'")
        assert one.verify(request(b"\xaf\x82", {"X": made})) == 1
        assert "does not fit" in reason(one.scheme, request(b"\xaf\x83", {"X": made}))


# Each with where its vendor publishes it; the time of receipt is that of the signature.
VECTORS = {
    "github": (  # docs.github.com, "Validating webhook deliveries", "Testing the webhook payload validation"
        "scheme: hmac, header: X-Hub-Signature-256, prefix: 'sha256=', encoding: hex",
        "It's a Secret to Everybody",
        {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        b"Hello, World!",
        0,
    ),
    "slack": (  # docs.slack.dev, "Verifying requests from Slack"
        "scheme: hmac, header: X-Slack-Signature, prefix: v0=, encoding: hex, signed: 'v0:{timestamp}:{body}',"
        "timestamp: {header: X-Slack-Request-Timestamp}",
        "8f742231b10e8888abcd99yyyzzz85a5",
        {
            "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            "X-Slack-Request-Timestamp": "1531420618",
        },
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        1531420618,
    ),
    "standard-webhooks": (  # github standard-webhooks/standard-webhooks, the libraries' tests
        "scheme: hmac, header: webhook-signature, items: {separator: ' ', equals: ',', signature: v1},"
        "encoding: base64, signed: '{id}.{timestamp}.{body}', timestamp: {header: webhook-timestamp},"
        "secret_encoding: base64, secret_prefix: whsec_",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        {
            "X-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
        1614265330,
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_vendors_published_signature_is_accepted_and_a_changed_one_refused(name: str) -> None:
    verify, secret, headers, body, at = VECTORS[name]
    one = signed(verify, f'secret: "{secret}"')
    when = datetime.fromtimestamp(at, UTC) if at else NOW
    assert one.verify(request(body, headers, at=when)) == 1
    assert "does not fit" in reason(one.scheme, request(body + b" ", headers, at=when))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("verify: {scheme: hmac, header: X, encoding: hex, items: {}}, secret: a", "missing-key"),
        (
            "verify: {scheme: hmac, header: X, encoding: hex, items: {signature: v1}, prefix: a}, secret: a",
            "useless-key",
        ),
        ("verify: {scheme: hmac, header: [], encoding: hex}, secret: a", "empty-list"),
        ("verify: {scheme: hmac, header: X, encoding: hex, signed: '{item:n}{body}'}, secret: a", "signed-text"),
        (
            "verify: {scheme: hmac, header: X, encoding: hex, signed: '{header:a b}{body}'}, secret: a",
            "signed-text",
        ),
        ("verify: {scheme: hmac, header: X, encoding: hex, timestamp: {}}, secret: a", "missing-key"),
        ("verify: {scheme: hmac, header: X, encoding: hex, timestamp: {item: t}}, secret: a", "wrong-value"),
        ("verify: {scheme: hmac, header: X, encoding: hex, timestamp: {path: at}}, secret: a", "wrong-place"),
        ("verify: {scheme: hmac, header: X, encoding: hex, secret_encoding: hex}, secret: xyz", "wrong-secret"),
        ("verify: {scheme: hmac, header: X, encoding: hex, secret_encoding: b64}, secret: xyz", "unknown-value"),
        (
            "verify: {scheme: hmac, header: X, encoding: hex}, secret: a, public_url: 'https://a.dev'",
            "useless-key",
        ),
        (
            "verify: {scheme: hmac, header: X, encoding: hex, signed: '{url}{body}'}, secret: a, public_url: a",
            "wrong-value",
        ),
        ("verify: {scheme: hmac, header: X, encoding: hex}, secret: a, public_key: b", "useless-key"),
        (
            "verify: {scheme: ed25519, header: X, encoding: hex}, secret: a, public_key: '" + "ab" * 32 + "'",
            "useless-key",
        ),
        ("verify: {scheme: ed25519, header: X, encoding: hex}", "missing-key"),
        ("verify: {scheme: ed25519, header: X, encoding: hex}, public_key: abc", "wrong-secret"),
        (f"verify: {{scheme: rsa, header: X, encoding: hex}}, public_key: '{SEED}'", "wrong-secret"),
        (
            "verify: {scheme: hmac, header: X, encoding: hex, signed: '{header:Authorization}{body}'}, secret: a",
            "credential",
        ),
        ("verify: {scheme: basic}, secret: a", "missing-key"),
        ("verify: {scheme: basic, user: 'a:b'}, secret: a", "wrong-value"),
    ],
)
def test_a_mistake_has_its_code(text: str, code: str) -> None:
    assert codes(f"s: {{{text}, id: $.i}}") == [code]


@pytest.mark.parametrize("template", ["{body", "{}", "{urls}", "{{body}}", "}", "{item:}", "{header:}"])
def test_a_faulty_template_is_a_plain_sentence(template: str) -> None:
    with pytest.raises(ValueError, match="`"):
        parse_signed(template)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_secrets_are_not_shown(name: str) -> None:
    assert all(secret not in repr(SCHEMES[name]) for secret in SCHEMES[name].secrets if len(secret) > 4)
