"""Addresses of PostgreSQL databases: read, refused without a word of them, and shown without the password."""

from __future__ import annotations

import pytest

from router.address import Address, fault_of, is_postgres, secrets_of
from router.errors import JournalError


def test_an_address_is_read_with_its_schema_and_the_driver_s_settings() -> None:
    address = Address.read(
        "postgres://u:p%40ss@h:5433/d?schema=hooks&sslmode=require&pgbouncer=true&application_name=x"
    )
    assert address.dsn == "postgresql://u:p%40ss@h:5433/d?sslmode=require"
    assert (address.schema, address.application, address.channel) == ("hooks", "x", "router_hooks")
    assert address.name == "postgresql://u@h:5433/d (schema hooks)"
    assert Address.read("postgresql://h/d").schema == "router"
    assert "p%40ss" not in repr(address)


def test_a_text_is_cleaned_of_the_password_however_it_is_written() -> None:
    address = Address.read("postgresql://u:p%40ssword@h/d?password=other1")
    assert address.clean("p%40ssword or p@ssword or other1?") == "******** or ******** or ********?"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hush@h:port/d",
        "postgresql://u:hu@sh@h/d",
        "postgresql:u:hush@h/d",
        "postgresql://u:hush@h/d#x",
        "postgresql://u:hush@[h/d",
        "postgresql://u:hush@h/d?schema=Hooks",
        "postgresql://u:hush@h/d?schema=a;drop",
        "sqlite:///hush",
    ],
)
def test_what_is_no_address_is_refused_without_quoting_it(url: str) -> None:
    fault = fault_of(url)
    assert fault is not None
    assert "hush" not in fault
    with pytest.raises(JournalError) as raised:
        Address.read(url)
    assert "hush" not in str(raised.value)


def test_the_passwords_of_any_text_are_known() -> None:
    assert secrets_of("postgresql://u:a%23b@h/d?password=cd") == {"a%23b", "a#b", "cd"}
    assert secrets_of("postgresql://h/d") == secrets_of("http://[") == frozenset()


def test_several_hosts_are_an_address() -> None:
    assert fault_of("postgresql://u:p@a:1,b:2/d?target_session_attrs=read-write") is None


def test_the_scheme_tells_a_database_of_this_kind() -> None:
    assert is_postgres("postgresql://h/d")
    assert is_postgres("postgres://h/d")
    assert not is_postgres("router.db")
    assert not is_postgres("sqlite:///postgresql")
