"""From which addresses a source accepts requests: `allow_ips`."""

from __future__ import annotations

import ipaddress

from router.config.fields import Fields
from router.config.problem import Problems

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_allowed(fields: Fields, problems: Problems) -> tuple[Network, ...] | None:
    """Read `allow_ips` of a source, an address or network or a list of them; None where anybody may send."""
    before = len(problems.errors)
    nodes = fields.names("allow_ips")
    if nodes is None:
        return None
    found: list[Network] = []
    for node in nodes:
        text = str(node.value).strip()
        if not text:
            continue  # a variable that is not set everywhere
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            message = f"`allow_ips`: `{text}` is no address and no network"
            problems.error("wrong-value", node, message, "write 10.0.0.1 or 10.0.0.0/8")
    if not any(str(node.value).strip() for node in nodes) and len(problems.errors) == before:
        place = fields.node.get("allow_ips") or fields.node
        hint = "leave it out to let anybody send"
        problems.error("empty-list", place, "`allow_ips` is empty: nobody could send", hint)
    return tuple(found)


def allows(networks: tuple[Network, ...] | None, address: str | None) -> bool:
    """Tell whether an address may send; one that is not known only where anybody may."""
    if networks is None:
        return True
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    plain = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped else found
    return any(plain in network for network in networks)
