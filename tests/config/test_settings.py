"""`server`, `admin` and `journal`: what they mean, and their mistakes."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from router.config.problem import Problems
from router.config.settings import (
    AdminSettings,
    JournalSettings,
    ServerSettings,
    is_loopback,
    read_admin,
    read_journal,
    read_server,
)
from router.config.yaml import parse
from tests.config.places import only, told


def test_all_settings_of_the_server_are_read() -> None:
    problems = Problems()
    text = (
        "{listen: '[::1]:0', max_body: 2MiB, body_timeout: 500ms, ack_timeout: 3s, max_waiting: 8MiB, "
        "trusted_proxies: [10.0.0.0/8, '::1'], drain: 0s}"
    )
    settings = read_server(parse(text, "f", problems), problems)
    networks = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1"))
    assert settings == ServerSettings("::1", 0, 2 * 2**20, 0.5, 3.0, 8 * 2**20, networks, 0.0)
    assert not list(problems)


def test_what_is_left_out_has_its_default() -> None:
    problems = Problems()
    assert read_server(None, problems) == ServerSettings()
    assert read_admin(None, problems) == AdminSettings("127.0.0.1", 8081, None)
    assert read_journal(None, problems) == JournalSettings("sqlite:///router.db", Path("router.db"))


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("localhost:0", "localhost", 0),
        (":8080", "0.0.0.0", 8080),
        ("[::]:65535", "::", 65535),
        ("my-host.internal:1", "my-host.internal", 1),
    ],
)
def test_an_address_to_listen_at_is_a_host_and_a_port(listen: str, host: str, port: int) -> None:
    problems = Problems()
    settings = read_server(parse(f"listen: '{listen}'", "f", problems), problems)
    assert (settings.host, settings.port) == (host, port)
    assert not list(problems)


SERVER = [
    ("listen: 8080", "1:9 wrong-type", '":8080"'),
    ("listen: localhost", "1:9 wrong-value", ":8080"),
    ("listen: 'a:99999'", "1:9 wrong-value", ":8080"),
    ("listen: '::1:80'", "1:9 wrong-value", "[::1]"),
    ("listen: '999.1.1.1:80'", "1:9 wrong-value", None),
    ("listen: '[127.0.0.1]:80'", "1:9 wrong-value", None),
    ("listen: 'a b:80'", "1:9 wrong-value", None),
    ("max_body: 5", "1:11 wrong-unit", "write 5B, or in KiB or MiB"),
    ("max_body: 5MB", "1:11 wrong-unit", None),
    ("max_body: 0B", "1:11 out-of-range", None),
    ("body_timeout: 0s", "1:15 out-of-range", None),
    ("ack_timeout: soon", "1:14 wrong-unit", None),
    ("max_waiting: 1KiB", "1:14 out-of-range", None),
    ("trusted_proxies: [a]", "1:19 wrong-value", "10.0.0.0/8"),
    ("trusted_proxies: [3]", "1:19 wrong-type", None),
    ("lisen: 'a:1'", "1:1 unknown-key", "`listen`"),
    ("[a]", "1:1 wrong-type", None),
]


@pytest.mark.parametrize(("text", "place", "hint"), SERVER)
def test_a_mistake_in_the_servers_settings_is_told(text: str, place: str, hint: str | None) -> None:
    problems = Problems()
    read_server(parse(text, "f", problems), problems)
    assert told(problems) == [place]
    assert hint is None or hint in str(only(problems).hint)


@pytest.mark.parametrize("listen", ["0.0.0.0:1", "10.0.0.1:1", "[::]:1", ":1", "router.internal:1"])
def test_the_admin_listener_needs_a_token_where_others_can_reach_it(listen: str) -> None:
    problems = Problems()
    read_admin(parse(f"listen: '{listen}'\ntoken: ''", "f", problems), problems)
    assert told(problems) == ["2:8 missing-key"]
    problems = Problems()
    assert read_admin(parse(f"listen: '{listen}'\ntoken: abc", "f", problems), problems).token == "abc"
    assert not list(problems)


@pytest.mark.parametrize("listen", ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"])
def test_a_loopback_address_needs_no_token(listen: str) -> None:
    problems = Problems()
    assert is_loopback(read_admin(parse(f"listen: '{listen}'", "f", problems), problems).host)
    assert not list(problems)


def test_a_token_that_no_header_can_carry_is_refused_without_being_quoted() -> None:
    problems = Problems()
    read_admin(parse('token: "geheim ü"', "f", problems), problems)
    assert told(problems) == ["1:8 wrong-value"]
    assert "geheim" not in only(problems).message


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("sqlite:///a/b.db", JournalSettings("sqlite:///a/b.db", Path("a/b.db"))),
        ("sqlite:////data/b.db", JournalSettings("sqlite:////data/b.db", Path("/data/b.db"))),
        (
            "{url: 'sqlite:///x', min_free: 1MiB, lock_wait: 5s}",
            JournalSettings("sqlite:///x", Path("x"), 2**20, 5.0),
        ),
        ("{lock_wait: 5s}", JournalSettings(lock_wait=5.0)),
        ("postgresql://u:p@h/db?schema=s", JournalSettings("postgresql://u:p@h/db?schema=s", None)),
        ("{url: 'postgres://h/db'}", JournalSettings("postgres://h/db", None)),
        ("{retention: 2d}", JournalSettings(retention=172_800.0, dead_retention=7_776_000.0)),
        ("{retention: 1h, dead_retention: 1h}", JournalSettings(retention=3600.0, dead_retention=3600.0)),
        ("{}", JournalSettings(retention=30 * 86400.0, dead_retention=90 * 86400.0)),
    ],
)
def test_a_journal_is_an_address_or_a_mapping(text: str, settings: JournalSettings) -> None:
    problems = Problems()
    node = parse(f"journal: {text}", "f", problems).get("journal")  # type: ignore[union-attr]
    assert read_journal(node, problems) == settings
    assert not list(problems)


JOURNALS = [
    ("postgresql://u:p/w@h@i/db", "1:10 wrong-value"),
    ("postgres:h/db", "1:10 wrong-value"),
    ("postgresql://h/db?schema=No", "1:10 wrong-value"),
    ("mysql://h/db", "1:10 wrong-value"),
    ("router.db", "1:10 wrong-value"),
    ("sqlite:router.db", "1:10 wrong-value"),
    ("sqlite://router.db", "1:10 wrong-value"),
    ("sqlite:///", "1:10 wrong-value"),
    ("'sqlite:///:memory:'", "1:10 wrong-value"),
    ("sqlite:///a.db?mode=ro", "1:10 wrong-value"),
    ("sqlite:///.", "1:10 wrong-value"),
    ("3", "1:10 wrong-type"),
    ("{url: 3}", "1:16 wrong-type"),
    ("{order_retention: 3d}", "1:11 not-yet"),
    ("{retention: 0s}", "1:22 out-of-range"),
    ("{retention: 30}", "1:22 wrong-unit"),
    ("{retention: forever}", "1:22 wrong-unit"),
    ("{dead_retention: 0d, retention: 1d}", "1:27 out-of-range"),
    ("{retention: 3d, dead_retention: 2d}", "1:42 out-of-range"),
    ("{dead_retention: 20d}", "1:27 out-of-range"),
    ("{retention: 100d}", "1:22 out-of-range"),
    ("{min_free: lots}", "1:21 wrong-unit"),
    ("{lockwait: 1s}", "1:11 unknown-key"),
]


@pytest.mark.parametrize(("text", "place"), JOURNALS)
def test_a_journal_that_cannot_be_used_is_told(text: str, place: str) -> None:
    problems = Problems()
    node = parse(f"journal: {text}", "f", problems).get("journal")  # type: ignore[union-attr]
    read_journal(node, problems)
    assert told(problems)[0] == place


def test_the_password_of_a_journal_is_a_secret() -> None:
    settings = JournalSettings("postgresql://u:p%23ss@h/db", None)
    assert settings.secrets == {"p%23ss", "p#ss"}
    assert not JournalSettings().secrets


def test_a_long_retention_is_told_what_to_write_for_the_dead() -> None:
    problems = Problems()
    read_journal(parse("{retention: 100d}", "f", problems), problems)
    assert (only(problems).message, only(problems).hint) == (
        "`retention` is longer than `dead_retention` (90d)",
        "write dead_retention: 100d, or more",
    )
