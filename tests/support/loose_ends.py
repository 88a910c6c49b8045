"""What must hold on both nodes once everything has arrived, whatever was done before and in whatever order it came."""

from __future__ import annotations

from datetime import datetime

from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.delivery.settlement import DUE_DIFFERS
from relevo.domain.consent import Terms
from relevo.domain.referral import NEXT, Status, Step
from relevo.domain.sop import Sop, parse_sop
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.verification import verify_evidence
from relevo.storage import costs, erasure
from support.loose_table import RETURNED, SAID, Table
from support.nodes import SOP
from support.traces import rows_of, traces

OWN = ("case_file", "case_history", "consent", "exception_ground")
"""Tables of a host that hold its own case, which stays."""
GONE = {Status.WITHDRAWN, Status.ERASED}
UNTOLD = {"kept-here", OutboxState.HELD}


def require_alike(table: Table) -> None:
    """Nobody refused the other anything; both have the same status, journey, terms, costs, and the same is due."""
    for node in table.nodes.both:
        entries = [(one.step, one.delivery, one.problem) for one in table.story.timeline(node)]
        assert not [one for one in entries if one[1] == OutboxState.REFUSED], entries
        assert not [one for one in entries if one[2] == DUE_DIFFERS], entries
    host, origin = table.nodes.both
    alike = _erased(table, host) == _erased(table, origin)
    assert not alike or table.terms(host) == table.terms(origin)
    if _untold(table):
        return
    assert _status(table, host) == _status(table, origin)
    if alike:
        assert _known(table, host) == _known(table, origin)
        terms = table.terms(host)
        if terms is None or (terms.outcomes_may_return and "costs" in terms.classes):
            assert _costs(table, host) == _costs(table, origin)
        assert _due(table, host) == _due(table, origin)


def require_reachable(table: Table) -> None:
    """Every status follows from the table."""
    reachable = {move.to for moves in NEXT.values() for move in moves.values() if move.to} | {Status.DRAFT}
    for node in table.nodes.both:
        for entry in table.story.timeline(node):
            assert entry.step not in set(Step) or Status(entry.status) in reachable


def require_within_consent(table: Table) -> None:
    """Each field that was carried is covered by the terms under which it was made, and by the SOP."""
    sop = _sop()
    for receiver, returning in zip(table.nodes.both, (True, False), strict=True):
        for terms, classes in table.carried(receiver):
            assert not classes or terms is not None
            if terms is not None:
                _require_covered(classes, terms, sop, returning=returning)


def _require_covered(classes: dict[str, JsonObject], terms: Terms, sop: Sop, *, returning: bool) -> None:
    rule = sop.purposes[terms.purpose]
    if returning:
        assert not classes or terms.outcomes_may_return
        assert set(classes) <= set(rule.returns)
        return
    withheld = {one.what for one in terms.withhold if one.from_whom == terms.receiver}
    assert set(classes) <= (set(rule.required) | set(rule.allowed) | {"costs"}) & terms.classes
    assert not withheld & {f"{name}.{field}" for name, fields in classes.items() for field in fields}


def require_silence(table: Table) -> None:
    """Of what the person has closed, or withdrawn, no word is left on either node, but in the host's own case."""
    host, origin = table.nodes.both
    at_host, at_origin = (traces(rows_of(node, *OWN), table.words.values()) for node in table.nodes.both)
    for node, found in ((host, at_host), (origin, at_origin)):
        closed = _closed(table, node)
        assert not [word for name, word in table.words.items() if word in found and name in closed], (found, closed)


def require_evidence(table: Table) -> None:
    """What happened can still be proven on both nodes."""
    for node in table.nodes.both:
        report = verify_evidence(table.story.evidence(node))
        assert report.ok, [str(line) for line in report.lines if str(line)[:2] not in {"ok", "un"}]


def _closed(table: Table, node: Node) -> set[str]:
    row, terms, stated = table.story.row(node), table.terms(node), {"needs", "travel", "skills", "contact", "costs"}
    if terms is None or row.status in GONE:
        return set(table.words) - set(_sop().keep)
    closed = stated - terms.classes
    if "needs.intentions" in {one.what for one in terms.withhold if one.from_whom == terms.receiver}:
        closed |= {"needs"} if node is table.nodes.origin else set()
    if not terms.outcomes_may_return and node is table.nodes.host:
        closed |= set(RETURNED)
    return closed


def _sop() -> Sop:
    return parse_sop(SOP.read_text(encoding="utf-8"))


def _untold(table: Table) -> bool:
    """Whether a side was not told something: nothing may return, or the consent ran out before it left."""
    return any(entry.delivery in UNTOLD for node in table.nodes.both for entry in table.story.timeline(node))


def _erased(table: Table, node: Node) -> bool:
    return erasure.is_erased(table.story.row(node))


def _status(table: Table, node: Node) -> str:
    return table.story.row(node).status


def _known(table: Table, node: Node) -> tuple[object, ...]:
    row = table.story.row(node)
    return row.journey, row.arrived_at, row.planned_arrival, table.terms(node), row.services, row.contact_channel


def _costs(table: Table, node: Node) -> tuple[object, ...]:
    with node.read() as work:
        found = costs.current(work.session, table.story.row(node))
        return (found.jti, found.state, found.fields) if found is not None else ()


def _due(table: Table, node: Node) -> set[tuple[str, str, datetime, datetime]]:
    open_now = (one for one in table.story.duties(node) if one.done_at is None and not one.dropped)
    return {(one.duty, one.side, one.started_at, one.due_at) for one in open_now}


__all__ = [
    "SAID",
    "require_alike",
    "require_evidence",
    "require_reachable",
    "require_silence",
    "require_within_consent",
]
