"""LANGUAGE.md, "YAML"."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.town import HEAD, SECRET, faults, file_faults, happened, json_of, load, made, told, usable


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "2024-01-31", "12:30:00", "2024-01-31T10:00:00Z"])
def test_words_that_older_yaml_takes_for_booleans_and_times_stay_text(word: str) -> None:
    assert json_of(word, {}) == word


def test_numbers_booleans_and_null_are_what_they_look_like() -> None:
    assert json_of("[1, 1.5, true, null, '1', 0x1F, 1e3]", {}) == [1, 1.5, True, None, "1", 31, 1000.0]


def test_merge_keys_work_and_x_keys_are_ignored() -> None:
    loaded = load(
        HEAD
        + "x-common: &common {source: app, event: thing.*}\n"
        + "routes:\n  - <<: *common\n    name: r\n    actions: [{http: {path: /x}}]\n"
    )
    (route,) = usable(loaded).table.routes
    assert route.sources == frozenset({"app"})
    assert route.wants("app", "thing.made")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("  - {name: r, event: 007, actions: []}", "unclear-number"),
        ("  - {name: r, name: s, actions: []}", "duplicate-key"),
        ("  - {name: r, actoins: []}", "unknown-key"),
        ("\t- {name: r, actions: []}", "tab"),
        ("  - {name: \ufeffr, actions: []}", "forbidden-character"),
    ],
)
def test_what_yaml_would_let_pass_is_an_error_with_its_position(line: str, code: str) -> None:
    found = file_faults(f"routes:\n{line}\n")
    assert any(f"{said.split()[1]}" == f"{code}:" for said in found), found
    assert all(said.startswith("2:") for said in found)


def test_a_written_null_is_a_value_and_an_empty_one_is_not() -> None:
    assert json_of("null", {}) is None
    (said,) = file_faults("sources:\nroutes: []\n")
    assert said.startswith("1:1 empty-value: `sources` has no value")


def test_an_empty_value_guesses_why() -> None:
    (said,) = faults("- name: r\n  actions:\n    - slack:\n        channel: #alerts\n        text: hi\n")
    assert "`#alerts` is a comment" in said
    assert 'quote it: channel: "#alerts"' in said


def test_a_key_that_a_comment_cuts_is_told() -> None:
    (said,) = faults("- name: r\n  where:\n    $['a #b']: 1\n  actions: [{slack: {text: hi}}]\n")[:1]
    assert "a blank and `#` begin a comment" in said


@pytest.mark.parametrize(
    ("written", "quoted"),
    [
        ("*bold* move", '"*bold* move"'),
        (":wave: hi", '":wave: hi"'),
        ("@here", '"@here"'),
        ("[Acme] x", '"[Acme] x"'),
        ("{{ data.a }}: {{ data.b }}", '"{{ data.a }}: {{ data.b }}"'),
        ("{{ data.a }}", '"{{ data.a }}"'),
        ("{{ data.a }} is new", '"{{ data.a }} is new"'),
        ("!x", '"!x"'),
        ("%d", '"%d"'),
        ("`x`", '"`x`"'),
    ],
)
def test_what_yaml_takes_for_something_else_gets_a_plain_hint(written: str, quoted: str) -> None:
    (said,) = faults(f"- name: r\n  actions:\n    - slack:\n        text: {written}\n")
    assert said.startswith("4:17 "), said
    assert f"quote it: {quoted}" in said


def test_a_glob_that_begins_with_a_star_needs_quotes() -> None:
    (said,) = faults("- name: r\n  event: *.created\n  actions: [{slack: {text: hi}}]\n")
    assert 'quote it: "*.created"' in said
    assert made("- {name: r, event: '*.made', actions: [{http: {path: /x}}]}", happened({})) == ["r/http"]


def test_a_reference_in_braces_and_a_backslash_in_quotes_get_a_plain_hint() -> None:
    (said,) = file_faults("destinations: {web: {type: http, base_url: ${A}}}\n", {"A": "https://x.dev"})
    assert 'quote it: "${A}"' in said
    (said,) = faults('- name: r\n  where: {data.a: {matches: "\\d"}}\n  actions: [{slack: {text: hi}}]\n')
    assert "'\\d'" in said


def test_the_version_is_that_of_the_language() -> None:
    (said,) = file_faults("version: 2\nroutes: []\n")
    assert said == "1:10 unknown-version: this router reads version 1 of the language (write version: 1)"


ONE = """
sources:
  app: {verify: {scheme: token, header: X-Token}, secret: SECRET, id: $.id}
routes: []
"""


@pytest.mark.parametrize(
    ("written", "environ", "secrets"),
    [
        ('"${A}"', {"A": "one"}, ("one",)),
        ('"${A:-two}"', {}, ("two",)),
        ('"${A:-two}"', {"A": ""}, ("two",)),
        ('"x-${A}-${B}"', {"A": "1", "B": "2"}, ("x-1-2",)),
        ('"${file:secret.txt}"', {}, ("from a file",)),
        ('"$${A}"', {}, ("${A}",)),
        ('"${1}"', {}, ("${1}",)),
        ('["${A}", "${B:-}"]', {"A": "one"}, ("one",)),
        ('["${A}", "${B:-}"]', {"A": "one", "B": "two"}, ("one", "two")),
    ],
)
def test_references_are_resolved(written: str, environ: dict[str, str], secrets: tuple[str, ...]) -> None:
    Path("secret.txt").write_text("from a file\n")
    assert usable(load(ONE.replace("SECRET", written), environ)).sources["app"].secrets == secrets


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('"${AA}"', "3:60 unset-variable: the variable `AA` is not set (did you mean `AAA`, which is set?)"),
        ('"${E}"', "3:60 unset-variable: the variable `E` is empty"),
        ('"${file:none}"', "3:60 unreadable-file: the file `none` does not exist"),
        ('["${E:-}"]', "3:59 wrong-secret: the `secret` of the source `app` is empty: at least one is needed"),
        ("[]", "3:59 wrong-secret: the `secret` of the source `app` is empty"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error_at_its_place(written: str, said: str) -> None:
    (found,) = file_faults(ONE.replace("SECRET", written), {"AAA": "x", "E": ""})
    assert found.startswith(said)


def test_nothing_from_outside_stands_in_a_route() -> None:
    (said,) = faults('- name: r\n  actions:\n    - slack: {text: "x ${TOKEN}"}\n')
    assert said.startswith("3:26 reference-in-route: `${TOKEN}` stands in a route")
    assert "`sources` or `destinations`" in said
    assert json_of('"${{ data.x }}"', {"x": 5}) == "$5"
    assert json_of('"$${X}"', {}) == "${X}"


def test_includes_hold_the_same_keys_and_paths_are_those_of_their_own_file() -> None:
    Path("routes.d/mails").mkdir(parents=True)
    Path("routes.d/secret").write_text(SECRET)
    Path("routes.d/mails/hello.txt").write_text("hello {{ data.id }}")
    Path("routes.d/one.yaml").write_text(
        'sources: {clerk: {provider: clerk, secret: "${file:secret}"}}\n'
        "routes: [{name: one, actions: [{http: {url: 'https://x.dev', body: {file: mails/hello.txt}}}]}]\n"
    )
    ruleset = usable(load('include: "routes.d/*.yaml"\nroutes: []\n'))
    assert list(ruleset.sources) == ["clerk"]
    assert [route.name for route in ruleset.table.routes] == ["one"]
    assert Path("routes.d/mails/hello.txt") in ruleset.watched


@pytest.mark.parametrize(
    ("here", "there", "what"),
    [
        ("sources: {a: {verify: none}}", "sources: {a: {verify: none}}", "the source `a`"),
        ("vars: {a: 1}", "vars: {a: 2}", "the variable `a`"),
        ("destinations: {a: {type: http}}", "destinations: {a: {type: http}}", "the destination `a`"),
        (
            "routes: [{name: a, actions: [{http: {url: 'https://x.dev'}}]}]",
            "routes: [{name: a, actions: [{http: {url: 'https://x.dev'}}]}]",
            "the route `a`",
        ),
        ("admin: {listen: '127.0.0.1:1'}", "admin: {listen: '127.0.0.1:1'}", "`admin`"),
    ],
)
def test_a_name_that_is_defined_twice_is_an_error_that_names_both_places(here: str, there: str, what: str) -> None:
    Path("more.yaml").write_text(there + "\n")
    found = [p for p in load(f"include: [more.yaml]\n{here}\n").problems.errors if p.code.startswith("duplicate-")]
    (only,) = found
    assert what in only.message
    assert {str(only.mark).split(":")[0], *only.message.split()} >= {"more.yaml"}
    assert "routes.yaml:2:" in only.message


def test_the_journal_is_an_address_or_a_mapping_and_durations_and_sizes_have_units() -> None:
    document = load(
        "journal: {url: 'sqlite:///x.db', min_free: 64KiB, lock_wait: 500ms}\n"
        "server: {listen: '0.0.0.0:1', max_body: 2MiB, body_timeout: 10s, ack_timeout: 2500ms,\n"
        "  max_waiting: 64MiB, trusted_proxies: [10.0.0.0/8], drain: 2h}\nroutes: []\n"
    ).document
    assert document is not None
    assert (document.journal.path, document.journal.min_free, document.journal.lock_wait) == (
        Path("x.db"),
        65536,
        0.5,
    )
    assert (document.server.max_body, document.server.ack_timeout, document.server.drain) == (2**21, 2.5, 7200)
    text = load("journal: sqlite:///router.db\n").document
    assert text is not None
    assert text.journal.path == Path("router.db")


@pytest.mark.parametrize("written", ["10", "10 sec", "-1s", "1w", "ten"])
def test_a_duration_without_its_unit_is_an_error_that_shows_the_form(written: str) -> None:
    (said,) = told(load(f"server: {{drain: {written}}}\n"))
    assert said.startswith("1:17 wrong-unit")
    assert "500ms, 10s, 5m, 2h or 3d" in said or said.endswith("needs a unit (write 10s, 10m, 10h or 10d)")


def test_a_token_is_required_where_others_reach_the_admin_listener() -> None:
    (said,) = file_faults('admin: {listen: "0.0.0.0:8081"}\n')
    assert "needs a `token`" in said
    assert not file_faults('admin: {listen: "127.0.0.1:8081", token: "${T:-}"}\n')
