"""The evidence of one referral, exported over the API and checked as an auditor would check it."""

from __future__ import annotations

from relevo.cli.demo_nodes import DemoNode, Pair
from relevo.cli.demo_process import NodeFailed
from relevo.cli.verify import examine
from relevo.protocol.verification_report import Report


def audit(pair: Pair, node: DemoNode, user: str, thread: str) -> Report:
    """What an auditor finds in the evidence of a node, once its log has a checkpoint over every message."""
    found: list[str] = []

    def exported() -> bool:
        answer = node.ask(user, "GET", f"/referrals/{thread}/evidence")
        found.append(answer.text)
        return answer.is_success

    pair.wait_until(exported, "the log has a checkpoint over every message")
    file = node.folder / "referral.evidence"
    file.write_text(found[-1], encoding="utf-8")
    return examine(file, ())


def require_audit(pair: Pair, node: DemoNode, user: str, thread: str) -> str:
    """The summary of an evidence that verifies.

    Raises:
        NodeFailed: if it does not.
    """
    report = audit(pair, node, user, thread)
    if not report.ok:
        raise NodeFailed(f"the evidence of {node.node_id} does not verify: {report.summary}")
    return report.summary
