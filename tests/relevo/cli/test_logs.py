"""What an administrator sees of the log at a command line."""

from __future__ import annotations

from pathlib import Path

from relevo.delivery.sequencer import sequence
from relevo.protocol.checkpoint import log_verifier_key
from relevo.protocol.log_growth import read_growth
from relevo.storage import log, witness
from support.command_line import CommandLine
from support.nodes import HOST_ID, ORIGIN_ID, MemoryTransport


def test_the_log_and_its_alarms(origin: CommandLine, transport: MemoryTransport) -> None:
    origin.make()
    (node,) = transport.nodes.values()
    sequence(node)
    shown = origin.run("log", "show").stdout
    assert f"  {log_verifier_key(node.identity.node_id, node.identity.keys.log.public)}\n" in shown
    assert "nobody witnesses it" in " ".join(shown.split())
    assert "No log has ever contradicted itself here." in origin.run("log", "alarms").stdout
    with node.write() as work:
        witness.alarm(work.session, HOST_ID, "log-forked", work.at, known="one\n", shown="another\n")
    assert "nobody yet" in origin.run("log", "alarms").stdout
    printed = origin.run("log", "seen", "1")
    assert printed.stdout.split() == ["one", "another"]
    assert "log-forked, es:retorno." in " ".join(printed.stderr.split())
    assert "nobody yet" not in origin.run("log", "alarms").stdout


def test_the_proof_that_the_log_only_grew(origin: CommandLine, transport: MemoryTransport, tmp_path: Path) -> None:
    origin.make()
    (node,) = transport.nodes.values()
    sequence(node)
    with node.read() as work:
        size = log.size(work.session)
    out = tmp_path / "grew.proof"
    assert f"{out.name} holds the proof." in "".join(
        origin.run("log", "prove", "1", str(size), str(out)).stdout.split("\n")
    )
    found = read_growth(out.read_bytes())
    assert (found.node, found.old, found.new, bool(found.proof)) == (ORIGIN_ID, 1, size, True)
    refused = origin.run("log", "prove", str(size), str(size + 1), str(out), status=2)
    assert f"the log has {size} entries" in " ".join(refused.stderr.split())
