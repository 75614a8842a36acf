"""The address of a database in PostgreSQL: who, where, and which schema; shown without the password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from router.errors import JournalError

SCHEMA = "router"
"""The schema of the journal's tables where the address names none: an application's tables are in `public`."""
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")

# Other clients' settings that a shared address carries; the server refuses a setting it does not know.
_FOREIGN = frozenset({"channel_binding", "connect_timeout", "connection_limit", "pgbouncer", "pool_timeout"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where the journal is. `dsn` is the address as asyncpg reads it, `name` is what may be shown of it."""

    dsn: str = field(repr=False)
    schema: str
    name: str
    application: str | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def read(cls, url: str) -> Address:
        """Read an address; JournalError, which quotes none of it, where it is none."""
        if (fault := fault_of(url)) is not None:
            raise JournalError(f"the journal's address {fault}")
        parts = urlsplit(url)
        settings = dict(parse_qsl(parts.query))
        schema = settings.pop("schema", SCHEMA)
        application = settings.pop("application_name", None)
        kept = {key: value for key, value in settings.items() if key not in _FOREIGN}
        login, _, hosts = parts.netloc.rpartition("@")
        user = login.partition(":")[0]
        return cls(
            dsn=f"postgresql://{parts.netloc}{parts.path}" + (f"?{urlencode(kept)}" if kept else ""),
            schema=schema,
            name=f"postgresql://{user + '@' if user else ''}{hosts}{parts.path} (schema {schema})",
            application=application,
            secrets=secrets_of(url),
        )

    @property
    def channel(self) -> str:
        """The channel on which replicas tell each other that there is work."""
        return f"router_{self.schema}"[:63]

    def clean(self, text: str) -> str:
        """Return a text without the password."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "********")
        return text


def is_postgres(url: str) -> bool:
    """Tell whether an address is one of a PostgreSQL database."""
    return url.partition(":")[0].partition("+")[0].lower() in ("postgres", "postgresql")


def secrets_of(url: str) -> frozenset[str]:
    """Return the passwords of an address, as they stand in it and as they are meant."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return frozenset()
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    return frozenset({password, unquote(password), dict(parse_qsl(parts.query)).get("password", "")} - {""})


def fault_of(url: str) -> str | None:
    """Say what is wrong with an address, without quoting any of it; None where nothing is."""
    try:
        parts = urlsplit(url)
        if "," not in parts.netloc.rpartition("@")[2]:  # several hosts have several ports
            _ = parts.port  # raises where it is no number
        readable = url.partition(":")[2].startswith("//") and not parts.fragment and parts.netloc.count("@") <= 1
    except ValueError:
        readable = False
    if not is_postgres(url) or not readable:
        return (
            "cannot be read: write postgresql://user:password@host:5432/database, and percent-encode "
            "special characters of the password (`#` is %23, `/` is %2F, `@` is %40)"
        )
    schema = dict(parse_qsl(parts.query)).get("schema", SCHEMA)
    if not _SCHEMA.fullmatch(schema):
        return "names no usable schema: write ?schema=router, in small letters, digits and underscores"
    return None
