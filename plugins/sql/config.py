"""A database as a destination: its address, its pool, the file that makes its tables."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import Field, field_validator

from router.plugin import ConfigFile, Model, SecretStr

DIALECTS = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}
LATER = {"mysql", "mariadb"}

# Other clients' settings that a shared DATABASE_URL carries; the server refuses a setting it does not know.
_FOREIGN = {"channel_binding", "connect_timeout", "connection_limit", "pgbouncer", "pool_timeout"}


class SqlConfig(Model):
    """A database: `url`, the file of its tables (`schema`), how many connections it may have (`pool_size`)."""

    url: SecretStr = Field(
        description="sqlite:///app.db (relative to the working directory), sqlite:////srv/app.db, "
        "or postgresql://user:password@host/database"
    )
    schema_file: ConfigFile | None = Field(
        default=None, alias="schema", description="a file of `create table if not exists` statements"
    )
    pool_size: int = Field(default=8, ge=1, le=200, description="the most connections at a time")

    @field_validator("url")
    @classmethod
    def _usable(cls, url: SecretStr) -> SecretStr:
        fault = _fault(url.get_secret_value())
        if fault:
            raise ValueError(fault)
        return url

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return DIALECTS[_scheme(self.url.get_secret_value())]

    @property
    def path(self) -> str:
        """The SQLite file, as it was written: a relative one is relative to the working directory."""
        return self.url.get_secret_value().partition(":///")[2]

    @property
    def dsn(self) -> str:
        """The PostgreSQL address as asyncpg reads it, with libpq's settings (`sslmode=require`) kept."""
        parts = urlsplit(self.url.get_secret_value())
        query = [
            ("search_path" if key == "schema" else key, value)
            for key, value in parse_qsl(parts.query)
            if key not in _FOREIGN
        ]
        return f"postgresql://{parts.netloc}{parts.path}" + (f"?{urlencode(query)}" if query else "")


def _scheme(url: str) -> str:
    return url.partition(":")[0].partition("+")[0].lower()


def _fault(url: str) -> str | None:
    """Say what is wrong with an address, without quoting any of it; None where nothing is."""
    scheme = _scheme(url)
    if scheme in LATER:
        return f"{scheme} is not supported yet: use sqlite:///... or postgresql://..."
    if scheme not in DIALECTS:
        return "is no address of a database: write sqlite:///app.db or postgresql://user:password@host/database"
    if DIALECTS[scheme] == "sqlite":
        path = url.partition(":///")[2]
        if not path:
            return "names no file: write sqlite:///app.db (three slashes; four for an absolute path)"
        if path.startswith(":memory:") or "?" in path:
            return "must name a file and nothing else, as in sqlite:///app.db"
        return None
    if find_spec("asyncpg") is None:
        return "needs the PostgreSQL driver: in a checkout, pip install -e '.[postgres]'"
    if not _readable(url):
        return (
            "cannot be read: write postgresql://user:password@host:5432/database, and percent-encode "
            "special characters of the password (`#` is %23, `/` is %2F, `@` is %40)"
        )
    return None


def _readable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if "," not in parts.netloc.rpartition("@")[2]:  # several hosts have several ports
            _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    return not parts.fragment and parts.netloc.count("@") <= 1 and url.partition(":")[2].startswith("//")
