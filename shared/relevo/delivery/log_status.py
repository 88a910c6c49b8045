"""How this node's log stands, who has seen its head, and whose log contradicts itself: for administrators and auditors.

An alarm about a log never goes away by itself, and nobody can delete it: somebody looks at it and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from relevo.domain.access import MAY, Act
from relevo.domain.tasks import Task
from relevo.errors import NotFound
from relevo.protocol import merkle
from relevo.protocol.checkpoint import log_verifier_key
from relevo.protocol.cosignature import witness_verifier_key
from relevo.protocol.log_growth import LogGrowth, write_growth
from relevo.storage import log, peers, witness
from relevo.storage.tables_witness import CosignatureRow, LogAlarmRow, WitnessRow
from relevo.storage.unit_of_work import UnitOfWork

SOON = timedelta(minutes=5)
_HIDDEN = (
    "The newest head of the log is shown to nobody, because the folder that the setting `outside` names cannot be "
    "written or holds the head of another database. See to its disk; after a restore, `epoch show` says what to do."
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A peer as witness: the newest head of ours that it cosigned, when, and its key as other software takes it.

    `problem` is why it has not cosigned the newest one.
    """

    peer: str
    size: int | None
    at: datetime | None
    problem: str | None
    verifier_key: str


@dataclass(frozen=True, kw_only=True)
class LogStatus:
    """The head of this node's log, the key to check it with, and its witnesses; `size` is 0 for an empty log.

    `hidden_since` is from when on a newer head is signed and not shown, because it does not stand outside the database.
    """

    size: int
    signed_at: datetime | None
    hidden_since: datetime | None
    verifier_key: str
    witnesses: tuple[Seen, ...]


def status(work: UnitOfWork) -> LogStatus:
    """How the log stands."""
    work.require(Act.READ_LOG)
    newest, own = log.latest_checkpoint(work.session), work.identity.node_id
    return LogStatus(
        size=newest.size if newest else 0,
        signed_at=newest.signed_at if newest else None,
        hidden_since=log.hidden_since(work.session),
        verifier_key=log_verifier_key(own, peers.latest(work.session, own).log),
        witnesses=tuple(_witnesses(work)),
    )


def prove_growth(work: UnitOfWork, old: int, new: int) -> bytes:
    """The file by which an auditor checks that the log of `new` entries begins with the one of `old`.

    Raises:
        NotFound: unless 0 < old < new, and this log has that many entries.
    """
    work.require(Act.READ_LOG)
    newest = log.latest_checkpoint(work.session)
    if not 0 < old < new <= (newest.size if newest else 0):
        raise NotFound(f"the log has {newest.size if newest else 0} entries; give two sizes, the smaller one first")
    proof = merkle.consistency_proof(old, new, log.subtrees(work.session))
    return write_growth(LogGrowth(node=work.identity.node_id, old=old, new=new, proof=tuple(proof)))


def alarms(work: UnitOfWork) -> list[LogAlarmRow]:
    """Every alarm about a log, newest first."""
    work.require(Act.READ_LOG)
    return witness.alarms(work.session)


def see(work: UnitOfWork, number: int) -> LogAlarmRow:
    """Say that the user has looked at an alarm; it stays in the list.

    Raises:
        NotFound: if there is no alarm of that number.
    """
    work.require(Act.READ_LOG)
    row = work.session.get(LogAlarmRow, number)
    if row is None:
        raise NotFound(f"there is no alarm {number}; `log alarms` lists them")
    if row.seen_at is None:
        row.seen_at, row.seen_by = work.at, work.user.name
    return row


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """Alarms at which nobody has looked, and a head that could not be shown for some minutes."""
    since = log.hidden_since(work.session)
    if since is not None and work.at - since > SOON:
        yield Task(what="log-hidden", text=_HIDDEN, roles=MAY[Act.READ_LOG] & MAY[Act.LIST_TASKS], since=since)
    for row in work.session.scalars(select(LogAlarmRow).where(LogAlarmRow.seen_at.is_(None)).order_by(LogAlarmRow.id)):
        yield Task(
            what="log-alarm",
            text=f"The log of {row.peer} or ours contradicts itself ({row.code}). Look at `log alarms` and call both.",
            roles=MAY[Act.READ_LOG] & MAY[Act.LIST_TASKS],
            since=row.found_at,
        )


def _witnesses(work: UnitOfWork) -> Iterator[Seen]:
    newest = select(CosignatureRow.peer, func.max(CosignatureRow.size).label("size")).group_by(CosignatureRow.peer)
    sizes = {found.peer: found.size for found in work.session.execute(newest)}
    for row in peers.everybody(work.session):
        if row.state not in peers.HEARD:
            continue
        size = sizes.get(row.node_id)
        asked = work.session.get(WitnessRow, row.node_id)
        said = work.session.get(CosignatureRow, (size, row.node_id)) if size is not None else None
        yield Seen(
            peer=row.node_id,
            size=size,
            at=said.cosigned_at if said else None,
            problem=asked.problem if asked else None,
            verifier_key=witness_verifier_key(row.node_id, peers.latest(work.session, row.node_id).witness),
        )
