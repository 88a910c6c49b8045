"""No notation and no name leads a node to an address that is not public."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from relevo.delivery import egress
from relevo.delivery.egress import PeerAddressForbidden, PeerAddressUnfit
from relevo.delivery.transport import Answer, HttpTransport, PeerUnreachable, retry_after

NOT_PUBLIC = {
    "loopback": "127.0.0.1",
    "another loopback": "127.8.8.8",
    "private, large": "10.1.2.3",
    "private, middle": "172.31.255.255",
    "private, small": "192.168.0.1",
    "link-local": "169.254.1.1",
    "metadata of clouds": "169.254.169.254",
    "metadata of a cloud, IPv6": "fd00:ec2::254",
    "metadata at a public address": "168.63.129.16",
    "behind a carrier": "100.64.0.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "unspecified": "0.0.0.0",  # noqa: S104 - must be refused
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "loopback, IPv6": "::1",
    "unspecified, IPv6": "::",
    "link-local, IPv6": "fe80::1",
    "link-local with a zone": "fe80::1%lo",
    "public with a zone": "2606:4700::1%lo",
    "site-local": "fec0::1",
    "unique local": "fc00::1",
    "multicast, IPv6": "ff02::1",
    "documentation, IPv6": "2001:db8::1",
    "mapped": "::ffff:127.0.0.1",
    "mapped, in hexadecimal": "::ffff:a9fe:a9fe",
    "compatible": "::127.0.0.1",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 of a network's own": "64:ff9b:1::1",
    "6to4": "2002:7f00:1::",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "no address": "localhost",
}


@pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC.keys())
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not egress.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_not(address: str) -> None:
    assert egress.is_public(address)


HERE = ["localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "0"]


@pytest.mark.parametrize("host", HERE)
def test_a_name_of_this_machine_is_refused_in_every_notation_after_it_was_resolved(host: str) -> None:
    with pytest.raises(PeerAddressForbidden):
        egress.addresses(host, 443, allow_private=False)


UNFIT = {
    "decimal": "http://2130706433/",
    "octal": "http://0177.0.0.1/",
    "hexadecimal": "http://0x7f000001/",
    "a short form": "http://127.1/",
    "a trailing dot": "http://localhost./",
    "a zone": "http://[fe80::1%25lo]/",
    "a user name": "https://peer.example@127.0.0.1/",
    "a backslash": "https://peer.example\\@127.0.0.1/",
    "digits of another script": "http://１２７.0.0.1/",  # noqa: RUF001 - must be refused
    "a dot of another script": "http://127。0。0。1/",
    "letters of another script": "https://péer.example/",
    "another scheme": "file:///etc/passwd",
    "no host": "https:///x",
    "a line break": "https://peer.example/\r\nx: y",
    "a port that is none": "https://peer.example:99999/",
    "IPv6 that is not canonical": "http://[0:0:0:0:0:0:0:1]/",
}


@pytest.mark.parametrize("url", UNFIT.values(), ids=UNFIT.keys())
def test_an_address_that_can_be_misread_is_not_tried(url: str) -> None:
    with pytest.raises(PeerAddressUnfit):
        HttpTransport(allow_private=True).send("GET", url, {}, b"")


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """Listens on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


def test_nothing_connects_to_this_machine_unless_it_is_allowed(door: socket.socket) -> None:
    transport, url = HttpTransport(), f"http://localhost:{door.getsockname()[1]}/"
    with pytest.raises(PeerAddressForbidden):
        transport.send("GET", url, {}, b"")
    door.settimeout(0.05)
    with pytest.raises(TimeoutError):
        door.accept()


ANSWER = (
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw"
)


def test_an_answer_is_read_raw_and_leads_nowhere(door: socket.socket) -> None:
    answered = _answered(door, ANSWER, HttpTransport(allow_private=True))
    assert (answered.status, answered.body) == (302, b"raw")


def test_an_answer_that_never_ends_is_left(door: socket.socket) -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"
    with pytest.raises(PeerUnreachable):
        _answered(door, endless, HttpTransport(allow_private=True, total_seconds=0.2))


@pytest.mark.parametrize(
    ("status", "said", "seconds"),
    [(429, "7", 7), (503, "7", 7), (200, "7", None), (429, "soon", None), (429, "999999", None), (429, "-1", None)],
)
def test_a_peer_is_believed_how_long_to_wait_only_in_a_plain_number(
    status: int, said: str, seconds: int | None
) -> None:
    assert retry_after(Answer(status=status, headers={"retry-after": said}, body=b"")) == seconds


def _answered(door: socket.socket, raw: bytes, transport: HttpTransport) -> Answer:
    done = threading.Event()

    def answer() -> None:
        line, _ = door.accept()
        with line:
            line.recv(1 << 16)
            line.sendall(raw)
            done.wait(10)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        return transport.send("GET", f"http://127.0.0.1:{door.getsockname()[1]}/", {}, b"")
    finally:
        transport.close()
        done.set()
        thread.join()
