"""Which addresses and ports a socket may connect to: public ones, and those that the configuration admits; and what
counts as one address where each has a share.

The tables are our own, frozen: `ipaddress.is_global` calls NAT64, 6to4, IPv4-compatible and site-local addresses
global on Python 3.11, and its answers change between releases. What is vetted is the address that is connected to,
never the text of a URL, because a resolver turns "2130706433", "0177.0.0.1" and "127.1" into 127.0.0.1.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_REFUSED_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared with a provider (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "169.254.0.0/16",  # link-local, clouds' metadata (RFC 3927)
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, broadcast (RFC 1112)
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo (RFC 2928, RFC 4380)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4: carries any IPv4 address (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
WEB_PORTS = frozenset({80, 443})
"""The ports below 1024 that a source may be asked on."""


@lru_cache(maxsize=64)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """The networks that `texts` write, such as `("127.0.0.0/8",)`. Raises `ValueError`."""
    return tuple(ip_network(text) for text in texts)


def admitted(address: str, allowed: tuple[Network, ...] = ()) -> bool:
    """True where `address`, as a socket names it, is public or inside one of `allowed`.

    IPv4 addresses written inside IPv6 (`::ffff:0:0/96`) are judged as IPv4. Behind NAT64 (RFC 6052), once allowed,
    the IPv4 address inside is judged too. What is no address at all is not admitted.
    """
    found = _address(address)
    if found is None:
        return False
    if isinstance(found, IPv6Address) and found in _NAT64:
        return _inside(found, allowed) and admitted(str(IPv4Address(int(found) & 0xFFFFFFFF)), allowed)
    return _inside(found, allowed) or _public(found)


def refusal(address: str, port: int, allowed: tuple[Network, ...], table: str = "poll") -> str | None:
    """Why no socket may be opened to `address` and `port`, in words that say what to do; None where one may.
    `table` is the one of the configuration that says what is allowed.

    Below 1024 only 80 and 443 are asked, unless the address is one of `allowed`: the address of a document must not
    speak to a mail server or a shell (Fetch standard, "bad port").
    """
    if not admitted(address, allowed):
        return f"the private address {address} is refused; {_advice(address)} [{table}]"
    if (port >= 1024 or port in WEB_PORTS) or ((found := _address(address)) is not None and _inside(found, allowed)):
        return None
    return f"port {port} is refused, as are all below 1024 but 80 and 443; {_advice(address)} [{table}]"


def _advice(address: str) -> str:
    """What to allow, as it is judged: an address inside another one by itself, one behind NAT64 beside its gateway."""
    found = _address(address)
    if isinstance(found, IPv6Address) and found in _NAT64:
        inner = IPv4Address(int(found) & 0xFFFFFFFF)
        return f'to allow it, add "{_NAT64}" and "{inner}/32" or its network to allow_networks in'
    bits = 128 if isinstance(found, IPv6Address) else 32
    return f'to allow it, add "{found or address}/{bits}" or its network to allow_networks in'


@lru_cache(maxsize=4096)
def share(address: str) -> str:
    """Whose share an address takes where each is to have one: of IPv4 its own, of IPv6 that of its network of 64 bits,
    which is the least that a household or a host gets. Raises `ValueError` for what is no address."""
    found = _address(address)
    if found is None:
        raise ValueError(f"{address} is no address")
    return str(found if isinstance(found, IPv4Address) else IPv6Network((int(found) >> 64 << 64, 64)))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that `text` is, an IPv4 one where it is written inside IPv6; None for no address."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _inside(address: IPv4Address | IPv6Address, allowed: tuple[Network, ...]) -> bool:
    return any(address in network for network in allowed)


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    return address in _GLOBAL_6 and not any(address in network for network in _REFUSED_6)
