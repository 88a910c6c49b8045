"""Where a node may connect to: public addresses, and nothing inside the network that it stands in.

A peer's address comes from a statement that people registered, or was typed by an administrator; it may still name, by
mistake or on purpose, something that only this machine can reach. So every address that a name resolves to is judged,
in whatever notation the name was written, and the connection goes to the very address that was judged: a name that
answers differently a moment later changes nothing. One address that is not public refuses the name as a whole.

Judged by its bytes, an IPv6 address that carries an IPv4 one (mapped, NAT64) is as public as that. 6to4 and Teredo are
refused: nobody serves behind them any more. Sources: IANA special-purpose address registries (RFC 6890), RFC 6052.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from relevo.delivery.failures import PeerUnreachable

_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")
_FORBIDDEN = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
"""168.63.129.16 is a public address at which a cloud answers its own machines."""
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_IPV4 = (1 << 32) - 1


class PeerAddressForbidden(PeerUnreachable):
    """The peer's address leads into a network that is not public."""

    code = "peer-address-forbidden"
    advice = (
        "Check the address with the peer's administrator on the telephone. Only a demo or a test, where all nodes "
        "stand in one network, sets allow_private_peers."
    )


class PeerAddressUnfit(PeerUnreachable):
    """The peer's address is not written in the one way that cannot be misread."""

    code = "peer-address-unfit"
    advice = "Use https:// and the name of the machine as its administrator says it, without user names or short forms."


def require_fit(url: str) -> None:
    """Raises `PeerAddressUnfit` unless `url` is http(s), in ASCII, with a plain name or a canonical IP address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise PeerAddressUnfit from None
    if parts.scheme not in {"http", "https"} or not url.isascii() or not url.isprintable() or " " in url:
        raise PeerAddressUnfit
    if "@" in parts.netloc or "\\" in url or parts.fragment:
        raise PeerAddressUnfit
    if not (_is_canonical(host) if ":" in host or _ENDS_IN_NUMBER.fullmatch(host) else _NAME.fullmatch(host)):
        raise PeerAddressUnfit


def addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses that `host` has now, each judged; connect to one of these and to nothing else.

    Raises:
        PeerAddressForbidden: if one of them is not public, unless that is allowed.
        OSError: if the name has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    resolved = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private and not all(map(is_public, resolved)):
        raise PeerAddressForbidden
    return resolved


def is_public(address: str) -> bool:
    """Whether an address, as the resolver writes it, can be reached from everywhere; one with a zone cannot."""
    try:
        judged = ip_address(address)
    except ValueError:
        return False
    if isinstance(judged, IPv6Address):
        if judged.scope_id is not None:
            return False
        carried = _carried(judged)
        if carried is None:
            return judged in _GLOBAL_UNICAST and not _is_forbidden(judged)
        judged = carried
    return not _is_forbidden(judged)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4)
    return address.ipv4_mapped


def _is_forbidden(address: IPv4Address | IPv6Address) -> bool:
    special = address.is_private or address.is_multicast or address.is_link_local or address.is_unspecified
    return special or any(address in network for network in _FORBIDDEN)


def _is_canonical(host: str) -> bool:
    try:
        return str(ip_address(host)) == host and "%" not in host
    except ValueError:
        return False
