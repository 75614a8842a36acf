"""The settings of the process: `server`, `admin` and `journal`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from router.address import fault_of, secrets_of
from router.config import habits, units
from router.config.fields import Fields, kind_of
from router.config.node import Mapping, Mark, Node, Scalar
from router.config.problem import Problems

MIB = 2**20
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LISTEN = re.compile(r"(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:\[\]\s]*)):(\d{1,5})")
_HOST = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where events come in, and how much: sizes in bytes, times in seconds.

    `trusted_proxies` are the networks whose X-Forwarded-For is believed. Port 0 is any free one.
    """

    host: str = "0.0.0.0"  # noqa: S104 - senders are elsewhere
    port: int = 8080
    max_body: int = MIB
    body_timeout: float = 10.0
    ack_timeout: float = 2.5
    max_waiting: int = 64 * MIB
    trusted_proxies: tuple[Network, ...] = ()
    drain: float = 30.0


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """Where the page and the API listen; `token` is None only on a loopback address."""

    host: str = "127.0.0.1"
    port: int = 8081
    token: str | None = None


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """The store: its address, its file (None in PostgreSQL), and what only a file has: the free bytes that it
    wants, and the seconds to wait for its lock.

    `retention` is for how many seconds an event is kept once its deliveries are settled, `dead_retention` one
    of which a delivery is dead.
    """

    url: str = "sqlite:///router.db"
    path: Path | None = Path("router.db")
    min_free: int = 512 * MIB
    lock_wait: float = 60.0
    retention: float = 30 * 86400.0
    dead_retention: float = 90 * 86400.0
    mark: Mark | None = field(default=None, compare=False)
    """Where the address stands; None where nowhere."""

    @property
    def secrets(self) -> frozenset[str]:
        """The password in the address, however it is written there."""
        return secrets_of(self.url) if self.path is None else frozenset()


def read_server(node: Node | None, problems: Problems) -> ServerSettings:
    """Return the settings of the listener that events come to."""
    default = ServerSettings()
    if node is None:
        return default
    fields = Fields(node, problems, "`server`")
    host, port = _listen(fields, default.host, default.port)
    proxies = [_network(entry, problems) for entry in fields.names("trusted_proxies") or ()]
    settings = ServerSettings(
        host=host,
        port=port,
        max_body=_positive_size(fields, "max_body", default.max_body),
        body_timeout=_positive(fields, "body_timeout", default.body_timeout),
        ack_timeout=_positive(fields, "ack_timeout", default.ack_timeout),
        max_waiting=_positive_size(fields, "max_waiting", default.max_waiting),
        trusted_proxies=tuple(network for network in proxies if network is not None),
        drain=fields.duration("drain", default=default.drain),
    )
    if settings.max_waiting < settings.max_body:
        where = fields.node.get("max_waiting") or fields.node.get("max_body") or fields.node
        problems.error(
            "out-of-range", where, "`max_waiting` must be at least `max_body`, or no large body gets in"
        )
    fields.finish(elsewhere=habits.LISTENER)
    return settings


def read_admin(node: Node | None, problems: Problems) -> AdminSettings:
    """Return the settings of the admin listener; it needs a token where others can reach it."""
    default = AdminSettings()
    if node is None:
        return default
    fields = Fields(node, problems, "`admin`")
    host, port = _listen(fields, default.host, default.port)
    token = fields.text("token") or None
    if token is not None and not re.fullmatch(r"[\x21-\x7e]+", token):
        message = "`token` must be printable ASCII without blanks: it is sent in a header"
        problems.error("wrong-value", fields.node.get("token") or fields.node, message)
    if token is None and not is_loopback(host):
        where = fields.node.get("token") or fields.node.get("listen") or fields.node
        message = f"`admin` needs a `token`, because others can reach `{host}`"
        problems.error(
            "missing-key", where, message, 'token: "${ROUTER_ADMIN_TOKEN}", or listen: "127.0.0.1:8081"'
        )
    fields.finish(elsewhere=habits.LISTENER)
    return AdminSettings(host, port, token)


def read_journal(node: Node | None, problems: Problems) -> JournalSettings:
    """Return the settings of the journal; a text alone is its address."""
    default = JournalSettings()
    if node is None:
        return default
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return JournalSettings(node.value, _journal_path(node.value, node, problems), mark=node.mark)
    if not isinstance(node, Mapping):
        problems.error("wrong-type", node, f"`journal` must be an address or a mapping, not {kind_of(node)}")
        return default
    fields = Fields(node, problems, "`journal`")
    url = fields.text("url", default=default.url) or ""
    where = node.get("url") or node
    settings = JournalSettings(
        url=url,
        path=_journal_path(url, where, problems),
        min_free=fields.size("min_free", default=default.min_free),
        lock_wait=fields.duration("lock_wait", default=default.lock_wait),
        retention=_positive(fields, "retention", default.retention),
        dead_retention=_positive(fields, "dead_retention", default.dead_retention),
        mark=where.mark,
    )
    if settings.dead_retention < settings.retention:
        given = node.get("dead_retention")
        hint = f"write dead_retention: {units.span(settings.retention)}, or more" if given is None else None
        message = "`dead_retention` must be at least `retention`: what is dead is kept longer"
        if given is None:
            message = f"`retention` is longer than `dead_retention` ({units.span(default.dead_retention)})"
        problems.error("out-of-range", given or node.get("retention") or node, message, hint)
    fields.finish(not_yet=("order_retention",))
    return settings


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_addresses(server: ServerSettings, admin: AdminSettings, where: Node | Mark, problems: Problems) -> None:
    """Note two listeners at one address."""
    everywhere = {"0.0.0.0", "::"}  # noqa: S104
    overlap = server.host == admin.host or bool({server.host, admin.host} & everywhere)
    if server.port and server.port == admin.port and overlap:
        message = f"`server` and `admin` both listen on port {server.port}"
        problems.error("wrong-value", where, message, "give one of them another port")


def _listen(fields: Fields, host: str, port: int) -> tuple[str, int]:
    node = fields.get("listen")
    if node is None:
        return host, port
    if not (isinstance(node, Scalar) and isinstance(node.value, str)):
        hint = f'write ":{node.value}"' if isinstance(node, Scalar) and type(node.value) is int else None
        fields.wrong(node, "listen", "a host and a port", hint)
        return host, port
    match = _LISTEN.fullmatch(node.value)
    if match is None or int(match[3]) > 65535 or not _is_host(match[1], match[2]):
        message = "`listen` must be a host and a port"
        fields.problems.error("wrong-value", node, message, 'write "127.0.0.1:8080", "[::1]:8080" or ":8080"')
        return host, port
    return match[1] or match[2] or "0.0.0.0", int(match[3])  # noqa: S104 - ":8080" is every address


def _is_host(bracketed: str | None, name: str) -> bool:
    if bracketed is not None:
        try:
            return ipaddress.ip_address(bracketed).version == 6
        except ValueError:
            return False
    if re.fullmatch(r"[\d.]+", name):
        try:
            return bool(ipaddress.IPv4Address(name))
        except ValueError:
            return False
    return not name or _HOST.fullmatch(name) is not None


def _network(node: Scalar, problems: Problems) -> Network | None:
    try:
        return ipaddress.ip_network(str(node.value), strict=False)
    except ValueError:
        message = "`trusted_proxies` takes addresses and networks"
        problems.error("wrong-value", node, message, "write 10.0.0.1 or 10.0.0.0/8")
        return None


def _positive(fields: Fields, name: str, default: float) -> float:
    return _above_zero(fields, name, fields.duration(name, default=default), default)


def _positive_size(fields: Fields, name: str, default: int) -> int:
    return int(_above_zero(fields, name, fields.size(name, default=default), default))


def _above_zero(fields: Fields, name: str, value: float, default: float) -> float:
    if value > 0:
        return value
    fields.problems.error("out-of-range", fields.node.get(name) or fields.node, f"`{name}` must be more than 0")
    return default


def _journal_path(url: str, where: Node, problems: Problems) -> Path | None:
    """Return the file of a SQLite address, relative to the working directory (four slashes: absolute)."""
    scheme, separator, rest = url.partition(":")
    kind = scheme.split("+")[0].lower()
    hint = "write sqlite:///router.db, or sqlite:////data/router.db for an absolute path"
    if not separator or (kind not in ("sqlite", "postgres", "postgresql") and "//" not in rest):
        problems.error("wrong-value", where, "the journal must be an address, such as sqlite:///router.db", hint)
    elif kind in ("postgres", "postgresql"):
        if (fault := fault_of(url)) is not None:
            problems.error("wrong-value", where, f"the journal's address {fault}")
        elif find_spec("asyncpg") is None:
            message = "a journal in PostgreSQL needs its driver: in a checkout, pip install -e '.[postgres]'"
            problems.error("wrong-value", where, message)
    elif kind != "sqlite":
        problems.error("wrong-value", where, "a journal cannot be kept in a database of this kind", hint)
    elif not rest.startswith("///") or "?" in rest or "\0" in rest:
        problems.error("wrong-value", where, "this is no address of a SQLite file", hint)
    elif rest[3:] in ("", ":memory:") or rest.endswith("/"):
        problems.error(
            "wrong-value", where, "a journal must be a file: in memory it would not survive a restart", hint
        )
    elif Path(rest[3:]).is_dir():
        problems.error("wrong-value", where, "this is a directory, not a file", hint)
    else:
        return Path(rest[3:])
    return None
