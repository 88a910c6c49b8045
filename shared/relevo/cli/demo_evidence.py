"""What is checked with no node: the evidence of a referral by an auditor, a part by the organisation that got it."""

from __future__ import annotations

import httpx

from relevo.cli.demo_nodes import DemoNode, Pair
from relevo.cli.demo_process import NodeFailed
from relevo.cli.verify import examine_files
from relevo.delivery import federation
from relevo.protocol.part import read_part, verify_part
from relevo.protocol.statement import read_statement
from relevo.protocol.trust import Trust
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
    return examine_files([file], ()).whole


def require_audit(pair: Pair, node: DemoNode, user: str, thread: str) -> str:
    """The summary of an evidence that verifies.

    Raises:
        NodeFailed: if it does not.
    """
    report = audit(pair, node, user, thread)
    if not report.ok:
        raise NodeFailed(f"the evidence of {node.node_id} does not verify: {report.summary}")
    return report.summary


def signer_of_part(file: bytes, host: DemoNode) -> str:
    """Who signed every field of a part, by the statement that the host publishes.

    Raises:
        RelevoError: if the host did not.
    """
    published = httpx.get(host.endpoint + federation.WELL_KNOWN, trust_env=False).raise_for_status().text
    part, statement = read_part(file), read_statement(published.strip(), at=None)
    return verify_part(part, trust=Trust({statement.node_id: statement}), at=part.given_at).signed_by
