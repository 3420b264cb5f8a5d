"""Addresses that may be connected to, case by case."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fetch.addresses import admitted, networks, refusal, share

PUBLIC = ("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "193.0.0.1", "223.255.1.1",
          "2606:4700::1111", "2a00:1450:4001::1", "2001:200::1", "::ffff:8.8.8.8")  # fmt: skip
REFUSED = (
    "0.0.0.0",  # noqa: S104  # to be refused, not bound
    "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff::1", "2001:db8::1",
    "2002:7f00:1::", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%lo", "fec0::1",
    "ff02::1",
)  # fmt: skip
NO_ADDRESS = ("", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1/8", "１２７.0.0.1")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_admitted(address: str) -> None:
    assert admitted(address)


@pytest.mark.parametrize("address", REFUSED + NO_ADDRESS)
def test_other_addresses_are_refused(address: str) -> None:
    assert not admitted(address)


def test_configuration_admits_a_network_and_nothing_beside_it() -> None:
    allowed = networks(("127.0.0.0/8", "fd00::/8"))
    assert admitted("127.3.4.5", allowed)
    assert admitted("::ffff:127.0.0.1", allowed)
    assert admitted("fd00::1", allowed)
    assert not admitted("10.0.0.1", allowed)
    assert not admitted("::1", allowed)


def test_nat64_is_judged_by_the_address_inside() -> None:
    allowed = networks(("64:ff9b::/96",))
    assert admitted("64:ff9b::808:808", allowed)
    assert not admitted("64:ff9b::7f00:1", allowed)
    assert not admitted("64:ff9b::a9fe:a9fe", allowed)


@pytest.mark.parametrize("port", [80, 443, 1024, 8080, 65535])
def test_ports_that_may_be_asked(port: int) -> None:
    assert refusal("1.1.1.1", port, ()) is None


@pytest.mark.parametrize("port", [0, 22, 25, 79, 81, 1023])
def test_ports_of_other_protocols_are_for_configured_networks(port: int) -> None:
    advice = 'to allow it, add "1.1.1.1/32" or its network to allow_networks in [poll]'
    assert refusal("1.1.1.1", port, ()) == f"port {port} is refused, as are all below 1024 but 80 and 443; {advice}"
    assert refusal("1.1.1.1", port, networks(("10.0.0.0/8",))) is not None
    assert refusal("1.1.1.1", port, networks(("1.0.0.0/8",))) is None
    assert refusal("::ffff:1.1.1.1", port, networks(("1.0.0.0/8",))) is None
    assert refusal("2a00::1", port, networks(("2a00::/16",))) is None


def test_a_private_address_is_refused_on_any_port() -> None:
    advice = 'to allow it, add "fd00::1/128" or its network to allow_networks in [poll]'
    assert refusal("fd00::1", 443, ()) == f"the private address fd00::1 is refused; {advice}"
    assert str(refusal("fd00::1", 443, (), "websub")).endswith("allow_networks in [websub]")
    assert "private" in str(refusal("no address", 443, networks(("0.0.0.0/0",))))


def test_a_network_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        networks(("everything",))


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_judged_alike_in_both_spellings(number: int) -> None:
    plain = IPv4Address(number)
    assert admitted(str(plain)) == admitted(str(IPv6Address(f"::ffff:{plain}")))


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert admitted(text) in (True, False)


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1"])
def test_the_advice_is_what_helps(address: str) -> None:
    said = refusal(address, 80, ())
    assert said is not None
    advised = tuple(re.findall(r'"([^"]+/\d+)"', said))
    assert refusal(address, 80, networks(advised)) is None


def test_shares() -> None:
    assert share("192.0.2.1") == share("::ffff:192.0.2.1") == "192.0.2.1"
    assert share("2001:db8:1:2:3:4:5:6") == share("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert share("2001:db8:1:3::1") != share("2001:db8:1:2::1")
    with pytest.raises(ValueError, match="no address"):
        share("h.example")
