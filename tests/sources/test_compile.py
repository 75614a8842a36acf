"""Every mistake in `sources` is told at its place."""

from __future__ import annotations

import pytest

from router.config.node import plain
from router.config.problem import Problems
from router.sources.provider import read_provider
from tests.sources.build import NOW, OTHER, SECRET, codes, compiled, request, source

HMAC = "verify: {scheme: hmac, header: X-Sig, encoding: hex}"


def test_the_whole_example_of_a_described_source_compiles() -> None:
    found = source("""
        billing:
          verify: {scheme: hmac, header: X-Acme-Signature, prefix: "sha256=", algorithm: sha256, encoding: hex,
                   signed: "{timestamp}.{body}", timestamp: {header: X-Acme-Time, unit: s, tolerance: 5m}}
          secret: topsecret
          type: [$.object, $.action]
          id: header:X-Acme-Delivery
          time: $.sent_at
          data: $.payload
          headers: X-Acme-Region
          query: [region]
          path: /hooks/billing
          max_body: 64KiB
          vars: {plan: "{{ data.plan }}"}
          body: json
    """)
    assert (found.path, found.max_body, found.signable, found.secrets) == (
        "/hooks/billing",
        65536,
        True,
        ("topsecret",),
    )
    assert plain(found.vars["plan"]) == "{{ data.plan }}"
    assert found.provider is None
    assert not found.known_types
    assert "topsecret" not in repr(found)


def test_a_preset_can_be_overridden_key_by_key() -> None:
    found = source(f"""
        clerk: {{provider: clerk, secret: {SECRET}, data: $.other, path: /c, tolerance: 1h,
                 vars: {{full_name: x}}}}
    """)
    assert found.path == "/c"
    assert found.data_at is not None
    assert found.data_at.find_in({"other": 3}) == 3
    assert plain(found.vars["full_name"]) == "x"
    assert "primary_email" in found.vars
    assert "user.created" in found.known_types
    late = found.sign("m", NOW.replace(hour=11), b"{}")
    found.verify(request(b"{}", late))


def test_a_duplicate_retries_what_is_dead_unless_the_source_or_its_preset_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert source("s: {verify: none, id: $.id}").retries_dead
    assert source("s: {verify: none, id: $.id, on_duplicate: retry_dead}").retries_dead
    assert not source("s: {verify: none, id: $.id, on_duplicate: ignore}").retries_dead
    text = "title: A\nlink: https://a\nsetup: b\nverify: none\non_duplicate: ignore\n"
    calm = read_provider("github", text, Problems())
    assert calm is not None
    monkeypatch.setattr("router.sources.compile.provider", lambda name: calm)
    assert not source("s: {provider: github}").retries_dead
    assert source("s: {provider: github, on_duplicate: retry_dead}").retries_dead


def test_a_wrong_word_for_duplicates_comes_with_the_right_one_at_its_place() -> None:
    (problem,) = compiled("s: {verify: none, id: $.id, on_duplicate: retrydead}")[1]
    assert (problem.mark.column, problem.message) == (43, "`on_duplicate` must be one of retry_dead, ignore")
    assert problem.hint == "did you mean `retry_dead`?"


def test_several_secrets_and_empty_ones_while_rotating() -> None:
    found = source(f"s: {{provider: clerk, secret: ['{SECRET}', '', ' {OTHER} ', '{SECRET}']}}")
    assert found.secrets == (SECRET, OTHER)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("s: {}", "missing-key"),
        ("s: [a]", "wrong-type"),
        ("s: {provider: clerkk, secret: a}", "unknown-provider"),
        ("s: {provider: twilio, secret: a}", "not-yet"),
        ("s: {provider: clerk}", "missing-key"),
        ("s: {provider: clerk, secret: ''}", "wrong-secret"),
        ("s: {provider: clerk, secret: []}", "wrong-secret"),
        ("s: {provider: clerk, secret: ['', ' ']}", "wrong-secret"),
        ("s: {provider: clerk, secret: whsec_abc}", "wrong-secret"),
        ("s: {provider: clerk, secret: [1]}", "wrong-type"),
        ("s: {provider: github, secret: [a, {b: c}]}", "wrong-type"),
        ("s: {verify: none, secret: a}", "useless-key"),
        ("s: {verify: none, tolerance: 5m}", "useless-key"),
        ("s: {provider: github, secret: a, tolerance: 5m}", "useless-key"),
        ("s: {verify: asymmetric, secret: a}", "not-yet"),
        ("s: {verify: {header: X}, secret: a}", "missing-key"),
        ("s: {verify: [svix], secret: a}", "wrong-type"),
        ("s: {verify: {scheme: hmac, encoding: hex}, secret: a}", "missing-key"),
        ("s: {verify: {scheme: hmac, header: X-S}, secret: a}", "missing-key"),
        ("s: {verify: {scheme: hmac, header: 'X S', encoding: hex}, secret: a}", "wrong-header"),
        ("s: {verify: {scheme: hmac, header: X, encoding: hx}, secret: a}", "unknown-value"),
        ("s: {verify: {scheme: hmac, header: X, encoding: hex, algorithm: md5}, secret: a}", "unknown-value"),
        (
            "s: {verify: {scheme: hmac, header: X, encoding: hex, signed: '{timestamp}{body}'}, secret: a}",
            "signed-text",
        ),
        ("s: {verify: {scheme: hmac, header: X, encoding: hex, signed: '{id}{body}'}, secret: a}", "signed-text"),
        ("s: {verify: {scheme: hmac, header: X, encoding: hex, signed: '{method}'}, secret: a}", "signed-text"),
        ("s: {verify: {scheme: hmac, header: X, encoding: hex, signed: '{bdy}'}, secret: a}", "signed-text"),
        ("s: {verify: {scheme: hmac, header: X, encoding: hex, signed: '{url}{body}'}, secret: a}", "signed-text"),
        ("s: {verify: {scheme: hmac, header: X, encoding: hex, colour: red}, secret: a}", "unknown-key"),
        ("s: {verify: {scheme: token, header: X, encoding: hex}, secret: a}", "unknown-key"),
        ("s: {verify: none, split: a}", "wrong-place"),
        ("s: {verify: none, split: '$.a[?@.b]'}", "wrong-place"),
        ("s: {verify: none, split: $.a., id: $.id}", "wrong-place"),
        ("s: {verify: none, split: $.a, body: form}", "useless-key"),
        ("s: {verify: none, body: {field: payload}}", "unknown-key"),
        ("s: {verify: none, body: [form]}", "unknown-value"),
        ("s: {verify: none, body: xml}", "unknown-value"),
        ("s: {verify: none, id: $.id, dedupe: {key: $.a, window: 1m}}", "useless-key"),
        ("s: {verify: none, dedupe: {key: $.a}}", "missing-key"),
        ("s: {verify: none, dedupe: {window: 1m}}", "missing-key"),
        ("s: {verify: none, dedupe: {key: [], window: 1m}}", "empty-list"),
        ("s: {verify: none, dedupe: {key: a, window: 1m}}", "wrong-place"),
        ("s: {verify: none, dedupe: {key: header:Cookie, window: 1m}}", "credential"),
        ("s: {verify: none, dedupe: {key: $.a, window: 0s}}", "out-of-range"),
        ("s: {verify: none, typ: $.a}", "unknown-key"),
        ("s: {verify: none, type: a.b}", "wrong-place"),
        ("s: {verify: none, type: $.a b}", "wrong-place"),
        ("s: {verify: none, id: 'header:'}", "wrong-place"),
        ("s: {verify: none, data: header:X}", "wrong-place"),
        ("s: {verify: none, id: header:Authorization}", "credential"),
        ("s: {verify: {scheme: token, header: X-T}, secret: a, type: header:X-T}", "credential"),
        ("s: {verify: {scheme: token, header: X-T}, secret: a, headers: [x-t]}", "credential"),
        ("s: {verify: none, headers: [Cookie]}", "credential"),
        ("s: {verify: none, headers: [X-Gitlab-Token]}", "credential"),
        ("s: {verify: none, query: [access_token]}", "credential"),
        ("s: {verify: none, headers: ['a b']}", "wrong-header"),
        ("s: {verify: none, path: hooks}", "unusable-path"),
        ("s: {verify: none, path: '/a/{b}'}", "unusable-path"),
        ("s: {verify: none, path: /healthz}", "unusable-path"),
        ("s: {verify: none, max_body: 0B}", "out-of-range"),
        ("s: {verify: none, max_body: big}", "wrong-unit"),
        ("s: {verify: none, vars: [a]}", "wrong-type"),
        ("s: {verify: none, on_duplicate: retry}", "unknown-value"),
        ("s: {verify: none, on_duplicate: true}", "unknown-value"),
        ("s: {verify: none, on_duplicate: [ignore]}", "unknown-value"),
        ("s: {verify: none, on_duplicat: ignore}", "unknown-key"),
        ("'a b': {verify: none}", "unusable-name"),
        ("a: {verify: none}\nb: {verify: none, path: /webhooks/a}", "duplicate-path"),
    ],
)
def test_a_mistake_has_its_code(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_the_value_of_a_faulty_secret_is_in_no_message() -> None:
    _, problems = compiled("s: {provider: clerk, secret: [whsec_verysecret, othersecret]}")
    assert len(problems.errors) == 2
    assert all(
        "secret" not in (p.message + str(p.hint)).replace("`secret`", "").replace("signing secret", "")
        for p in problems
    )
    assert [p.mark.column for p in problems.errors] == [31, 49]


def test_a_source_without_an_id_is_warned_about_unless_its_scheme_signs_one() -> None:
    _, problems = compiled(f"""
        a: {{verify: none}}
        b: {{{HMAC}, secret: x}}
        c: {{verify: svix, secret: {SECRET}}}
        d: {{verify: none, id: $.id}}
    """)
    assert [(p.code, p.severity, p.mark.line) for p in problems] == [
        ("no-id", "warning", 2),
        ("no-id", "warning", 3),
    ]


def test_an_unsigned_timestamp_is_warned_about() -> None:
    text = "s: {verify: {scheme: hmac, header: X, encoding: hex, timestamp: {header: T}}, secret: a, id: $.i}"
    assert [p.code for p in compiled(text)[1]] == ["unsigned-timestamp"]


def test_unknown_names_come_with_what_was_meant() -> None:
    _, problems = compiled("s: {provider: clrek, secrt: a}")
    assert {p.hint for p in problems} == {"did you mean `clerk`?", "did you mean `secret`?"} or "clerk" in str(
        [p.hint for p in problems]
    )


def test_a_faulty_source_does_not_hide_the_others() -> None:
    sources, problems = compiled("a: {}\nb: {verify: none, id: $.id}")
    assert list(sources) == ["b"]
    assert len(problems.errors) == 1
