"""What two administrators do on two command lines until referrals can move between their nodes."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import pytest

from support.command_line import CommandLine
from support.nodes import HOST_ID, ORIGIN_ADDRESS, ORIGIN_ID, SOP, MemoryTransport

FINGERPRINT_LINES = slice(1, 3)
Pair: TypeAlias = tuple[CommandLine, CommandLine]


def words(printed: str) -> str:
    """The twelve words, as somebody reads them from a screen."""
    lines = printed.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("Fingerprint of"))
    return " ".join(lines[start:][FINGERPRINT_LINES])


@pytest.fixture
def pair(host: CommandLine, origin: CommandLine) -> Pair:
    host.make()
    origin.make()
    return host, origin


@pytest.fixture
def registered(pair: Pair) -> Pair:
    host, origin = pair
    for here, there, peer in ((host, origin, ORIGIN_ID), (origin, host, HOST_ID)):
        statement = here.folder / "peer.jwt"
        statement.write_text(there.run("statement").stdout)
        spoken = words(here.run("peer", "add", str(statement)).stdout)
        here.run("peer", "confirm", peer, "--fingerprint", spoken)
    return pair


def test_a_peer_is_added_from_its_file_confirmed_by_its_fingerprint_and_then_active(pair: Pair) -> None:
    host, origin = pair
    statement = host.folder / "peer.jwt"
    statement.write_text(origin.run("statement").stdout)
    added = host.run("peer", "add", str(statement)).stdout
    assert "peer confirm ci:accueil" in added
    assert "proposed" in host.run("peer", "list").stdout
    confirmed = host.run("peer", "confirm", ORIGIN_ID, "--fingerprint", words(added))
    assert "ci:accueil is active" in confirmed.stdout


def test_a_peer_is_added_from_its_address_with_the_same_fingerprint_as_its_own_init_printed(pair: Pair) -> None:
    host, origin = pair
    added = host.run("peer", "add", ORIGIN_ADDRESS).stdout
    origin_words = words(host.run("peer", "add", ORIGIN_ADDRESS, status=2).output + added)
    assert origin_words == words(added)
    again = origin.run("init", user=None, status=2)
    assert "made already" in again.stderr


def test_a_fingerprint_that_differs_leaves_the_peer_as_it_was(pair: Pair) -> None:
    host, _ = pair
    host.run("peer", "add", ORIGIN_ADDRESS)
    refused = host.run("peer", "confirm", ORIGIN_ID, "--fingerprint", "abandon " * 12, status=2)
    assert "Refused (fingerprint-differs)" in refused.stderr
    assert "do not register" in " ".join(refused.stderr.split())
    assert "proposed" in host.run("peer", "list").stdout


def test_a_peer_out_of_reach_stays_verified_and_the_same_command_finishes_later(
    pair: Pair, transport: MemoryTransport
) -> None:
    host, _ = pair
    spoken = words(host.run("peer", "add", ORIGIN_ADDRESS).stdout)
    transport.drop_next_request()
    host.run("peer", "confirm", ORIGIN_ID, "--fingerprint", spoken, status=2)
    assert "verified" in host.run("peer", "list").stdout
    host.run("peer", "confirm", ORIGIN_ID, "--fingerprint", spoken)
    assert "active" in host.run("peer", "list").stdout


def test_a_sop_goes_from_draft_to_agreed_between_two_command_lines(registered: Pair) -> None:
    host, origin = registered
    assert "draft" in host.run("sop", "import", str(SOP)).stdout
    assert "proposed" in host.run("sop", "propose", "es-ci-return").stdout
    assert "Nothing waits" in host.run("deliver").stdout
    assert "offered" in origin.run("sop", "show").stdout
    assert "agreed" in origin.run("sop", "accept", "es-ci-return").stdout
    origin.run("deliver")
    assert "agreed" in host.run("sop", "show").stdout


def test_a_second_version_is_compared_accepted_with_its_difference_and_listed_beside_the_first(
    registered: Pair, tmp_path: Path
) -> None:
    host, origin = registered
    second = tmp_path / "second.toml"
    text = SOP.read_text(encoding="utf-8").replace("version = 1", "version = 2")
    text = text.replace("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    second.write_text(text.replace('allowed = ["contact", "health-summary"]', 'allowed = ["contact", "family"]'))
    for file in (SOP, second):
        host.run("sop", "import", str(file))
        host.run("sop", "propose", "es-ci-return")
        host.run("deliver")
        accepted = origin.run("sop", "accept", "es-ci-return").stdout
        origin.run("deliver")
    compared = host.run("sop", "compare", "es-ci-return@1", "es-ci-return@2").stdout
    assert compared.startswith("May move now, and might not before:\n  •  family to the origin, for medical-continuity")
    assert "May no longer move:\n  •  health-summary to the origin" in compared
    assert "•  version changed: 1 → 2" in compared
    assert compared in accepted
    listed = [" ".join(line.split()) for line in origin.run("sop", "show").stdout.splitlines()]
    assert [line.rpartition(" ")[0] for line in listed[1:]] == [
        "es-ci-return@1 es:retorno agreed in-force 2026-11-01 00:00",
        "es-ci-return@2 es:retorno agreed later 2026-12-01 00:00",
    ]


def test_a_version_that_cannot_follow_is_refused_with_every_reason(registered: Pair, tmp_path: Path) -> None:
    host, origin = registered
    host.run("sop", "import", str(SOP))
    host.run("sop", "propose", "es-ci-return")
    host.run("deliver")
    origin.run("sop", "accept", "es-ci-return")
    origin.run("deliver")
    other = tmp_path / "other.toml"
    other.write_text(SOP.read_text(encoding="utf-8").replace("es-ci-return", "es-ci-other"))
    host.run("sop", "import", str(other))
    refused = " ".join(host.run("sop", "propose", "es-ci-other", status=2).stderr.split())
    for told in ("(sop-not-next)", "(sop-name-differs)", "(sop-version-not-higher)", "→ Write 2 or more."):
        assert told in refused


def test_sop_show_prints_the_exact_text_that_is_signed(host: CommandLine) -> None:
    host.make()
    host.run("sop", "import", str(SOP))
    assert host.run("sop", "show", "es-ci-return").stdout == SOP.read_text(encoding="utf-8") + "\n"


def test_what_could_not_be_brought_is_told_with_the_reason(registered: Pair, transport: MemoryTransport) -> None:
    host, _ = registered
    host.run("sop", "import", str(SOP))
    host.run("sop", "propose", "es-ci-return")
    transport.drop_next_request(times=20)
    assert "Post for ci:accueil still waits (peer-unreachable)" in host.run("deliver").stdout


FAULTY_FILES = {
    "a SOP file that does not exist": (["sop", "import", "/nowhere/sop.toml"], "cannot be read"),
    "a statement file that does not exist": (["peer", "add", "/nowhere/peer.jwt"], "cannot be read"),
    "a statement file that holds something else": (["peer", "add", str(SOP)], "not a statement"),
    "a SOP that nobody imported": (["sop", "propose", "no-such-sop"], "sop show"),
    "a peer that nobody added": (["peer", "confirm", "gn:passage", "--fingerprint", "x"], "peer add"),
}


@pytest.mark.parametrize(("command", "told"), FAULTY_FILES.values(), ids=FAULTY_FILES.keys())
def test_refused_in_words(host: CommandLine, command: list[str], told: str) -> None:
    host.make()
    refused = host.run(*command, status=2)
    assert told in " ".join(refused.stderr.split())
    assert "Next: " in refused.stderr
