"""Who sent a request: the peer, or whom a trusted proxy names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def remote(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> str | None:
    """Return the sender's address.

    `forwarded` are the X-Forwarded-For headers. They count only where the peer is a trusted proxy; then the
    rightmost address that is no trusted proxy is the sender's, as everything left of it may be made up.
    """
    if peer is None or not trusted or not _is_trusted(peer, trusted):
        return peer
    hops = [hop.strip() for header in forwarded for hop in header.split(",")]
    found = peer
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:
            return found
        found = address
        if not _is_trusted(address, trusted):
            return found
    return found


def _is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    address = _address(text)
    if address is None:
        return False
    return any(ipaddress.ip_address(address) in network for network in trusted)


def _address(text: str) -> str | None:
    """Return an address in its plain form: an IPv4 one that is written as IPv6 as IPv4, without a zone."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
