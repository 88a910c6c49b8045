"""What a transaction remembers of the referrals of one batch, so that each table is asked once for all of them.

`gather` reads the referrals of a batch and the procedures of the pair; steps and duties of all of them are read when
those of one are first asked for. Until the transaction ends, the functions here answer from memory, and what `add` puts
into the session is in its list before it is in the database. Nobody else writes where a transaction may write
(`relevo.storage.database`), and nothing of this is ever deleted. What was not gathered is asked for as ever; undoing a
savepoint forgets everything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from relevo.storage import appending
from relevo.storage.tables import DutyRow, ReferralRow, SopRow, StepRow

_MEMORY = "relevo.recall"
Listed = TypeVar("Listed", StepRow, DutyRow)
Found = TypeVar("Found")
Thread: TypeAlias = tuple[str, str]
"""The peer and the thread of a referral."""
Ask: TypeAlias = Callable[[Session, Collection[str]], Mapping[str, Found]]
"""What a table holds of each of these threads, by thread."""


@dataclass(kw_only=True)
class _Memory:
    """The referral of each thread, None where it has not begun; lists by table and thread; threads that others have.

    A list that is not there yet is in the database, as it is in the session.

    `beside` are the answers to what one side alone asks for all threads, by the function that asks.
    """

    peer: str
    referrals: dict[Thread, ReferralRow | None]
    lists: dict[tuple[type[StepRow | DutyRow], Thread], list[StepRow | DutyRow]]
    of_others: frozenset[str]
    sops: list[SopRow] = field(default_factory=list)
    beside: dict[Ask[Any], Mapping[str, Any]] = field(default_factory=dict)


def gather(session: Session, peer: str, threads: Collection[str]) -> None:
    """Remember these threads with a peer, whether or not their referrals have begun."""
    found = session.scalars(select(ReferralRow).where(ReferralRow.thread.in_(threads))).all()
    begun = {row.thread for row in found}
    keys = [(peer, thread) for thread in threads]
    memory = _Memory(
        peer=peer,
        referrals={**dict.fromkeys(keys), **{(row.peer, row.thread): row for row in found if row.peer == peer}},
        lists={(table, key): [] for table in (StepRow, DutyRow) for key in keys if key[1] not in begun},
        of_others=frozenset(row.thread for row in found if row.peer != peer),
        sops=list(session.scalars(select(SopRow).where(SopRow.peer == peer))),
    )
    session.info[_MEMORY] = memory


def referral(session: Session, peer: str, thread: str) -> ReferralRow | None:
    """The referral of a thread with a peer, if it has begun."""
    memory, key = _memory(session), (peer, thread)
    return memory.referrals[key] if memory and key in memory.referrals else session.get(ReferralRow, key)


def is_taken(session: Session, peer: str, thread: str) -> bool:
    """Whether a referral with any peer has the thread in which `peer` wants to begin one."""
    memory = _memory(session)
    if memory and (peer, thread) in memory.referrals:
        return thread in memory.of_others or memory.referrals[peer, thread] is not None
    return session.scalar(select(ReferralRow.peer).where(ReferralRow.thread == thread).limit(1)) is not None


def sops_with(session: Session, peer: str) -> list[SopRow]:
    """All procedures with a peer, however far their agreement has come."""
    memory = _memory(session)
    if memory and memory.peer == peer:
        return memory.sops
    return list(session.scalars(select(SopRow).where(SopRow.peer == peer)))


def sop(session: Session, peer: str, digest: str) -> SopRow | None:
    """The procedure with a peer of that digest."""
    memory = _memory(session)
    if memory and memory.peer == peer:
        return next((row for row in sops_with(session, peer) if row.digest == digest), None)
    row = session.get(SopRow, digest)
    return row if row is not None and row.peer == peer else None


def listed(session: Session, table: type[Listed], row: ReferralRow) -> list[Listed]:
    """The steps or the duties of a referral, in the order in which they were written."""
    memory, key = _memory(session), (row.peer, row.thread)
    if memory is not None and key in memory.referrals:
        if (table, key) not in memory.lists:
            _list_all(session, memory, table)
        return [one for one in memory.lists[table, key] if isinstance(one, table)]
    mine = select(table).where(table.peer == row.peer, table.thread == row.thread)
    return list(session.scalars(mine.order_by(table.id)))


def beside(session: Session, peer: str, thread: str, ask: Ask[Found]) -> Found | None:
    """What `ask` finds of a thread, asked once for all threads that are remembered together with it.

    Only for what this transaction does not change.
    """
    memory = _memory(session)
    if memory is None or (peer, thread) not in memory.referrals:
        return ask(session, (thread,)).get(thread)
    if ask not in memory.beside:
        memory.beside[ask] = ask(session, [one for _, one in memory.referrals])
    found: Found | None = memory.beside[ask].get(thread)
    return found


def add(session: Session, new: ReferralRow | StepRow | DutyRow) -> None:
    """Add a new row to the session, and to what is remembered; no rule changes it after `finish`."""
    memory, key = _memory(session), (new.peer, new.thread)
    if memory is not None and key in memory.referrals and isinstance(new, ReferralRow):
        memory.referrals[key] = new
    elif memory is not None and (type(new), key) in memory.lists:
        memory.lists[type(new), key].append(new)
    else:
        session.add(new)
        return
    appending.hold(session, new)


def write(session: Session, table: type[StepRow | DutyRow], *, peer: str, thread: str, **values: object) -> None:
    """Add a row of which nobody needs an object; what is asked of its table next comes from the database."""
    if memory := _memory(session):
        memory.lists.pop((table, (peer, thread)), None)
    appending.append(session, table, peer=peer, thread=thread, **values)


def finish(session: Session) -> None:
    """Write everything that waits, and forget all: nothing of these referrals changes any more."""
    session.info.pop(_MEMORY, None)
    appending.finish(session)


def _list_all(session: Session, memory: _Memory, table: type[Listed]) -> None:
    """Read the steps, or the duties, of all threads of which they were not read yet."""
    session.flush()
    missing = {key[1]: key for key in memory.referrals if (table, key) not in memory.lists}
    memory.lists |= {(table, key): [] for key in missing.values()}
    mine = select(table).where(table.peer == memory.peer, table.thread.in_(missing))
    for one in session.scalars(mine.order_by(table.id)):
        memory.lists[table, (one.peer, one.thread)].append(one)


def _memory(session: Session) -> _Memory | None:
    memory: _Memory | None = session.info.get(_MEMORY)
    return memory


def _forget(session: Session, _undone: SessionTransaction) -> None:
    session.info.pop(_MEMORY, None)


event.listen(Session, "after_soft_rollback", _forget)
