"""What an administrator sees of the log at a command line."""

from __future__ import annotations

from relevo.delivery.sequencer import sequence
from relevo.protocol.checkpoint import log_verifier_key
from relevo.storage import witness
from support.command_line import CommandLine
from support.nodes import HOST_ID, MemoryTransport


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
