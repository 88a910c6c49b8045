"""What a transaction remembers of the referrals of one batch, so that each table is asked once for all of them.

`gather` notes the threads of a batch, and of which nothing is here yet, if that is known. Their referrals, their steps,
their duties and the procedures of the pair are read when one of them is first asked for, each for the whole batch. Of
a referral that this transaction begins (`begin`) nothing is read: there is nothing yet. Until the transaction ends, the
functions here answer from memory, and what `add` puts into the session is in its list before it is in the database.
Nobody else writes where a transaction may write (`relevo.storage.database`), and nothing of this is ever deleted. What
was not gathered is asked for as ever; undoing a savepoint forgets everything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from sqlalchemy import Select, bindparam, event, select
from sqlalchemy.orm import Session, SessionTransaction

from relevo.storage import appending
from relevo.storage.tables import DutyRow, ReferralRow, SopRow, StepRow

_MEMORY = "relevo.recall"


class SopRead(NamedTuple):
    """A procedure as it was read; nobody changes it by this."""

    digest: str
    name: str
    version: int
    peer: str
    text: str
    state: str
    effective_at: datetime


Listed = TypeVar("Listed", StepRow, DutyRow)
Found = TypeVar("Found")
Thread: TypeAlias = tuple[str, str]
"""The peer and the thread of a referral."""
Lists: TypeAlias = dict[tuple[type[StepRow | DutyRow], Thread], list[StepRow | DutyRow]]
Ask: TypeAlias = Callable[[Session, Collection[str]], Mapping[str, Found]]
"""What a table holds of each of these threads, by thread."""
_REFERRALS = select(ReferralRow).where(ReferralRow.thread.in_(bindparam("threads", expanding=True)))
_SOPS = select(*(getattr(SopRow, name) for name in SopRead._fields)).where(SopRow.peer == bindparam("peer"))
_LISTS: Mapping[type[StepRow | DutyRow], Select[Any]] = {
    table: select(table)
    .where(table.peer == bindparam("peer"), table.thread.in_(bindparam("threads", expanding=True)))
    .order_by(table.id)
    for table in (StepRow, DutyRow)
}


@dataclass(kw_only=True)
class _Memory:
    """The referral of each thread, None where it has not begun; lists by table and thread; threads that others have.

    What is not there yet is in the database, as it is in the session: a list, the procedures that are None, and the
    referrals of the threads that are `unread`. `beside` are the answers to what one side alone asks for all threads, by
    the function that asks.
    """

    peer: str
    referrals: dict[Thread, ReferralRow | None]
    lists: Lists
    of_others: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    sops: list[SopRead] | None = None
    beside: dict[Ask[Any], Mapping[str, Any]] = field(default_factory=dict)


def gather(session: Session, peer: str, threads: Collection[str], *, new: Collection[str] = ()) -> None:
    """Remember these threads with a peer, whether or not their referrals have begun; the `new` have with nobody."""
    keys, unread = [(peer, thread) for thread in new], frozenset(threads).difference(new)
    session.info[_MEMORY] = _Memory(peer=peer, referrals=dict.fromkeys(keys), lists=_empty(keys), unread=unread)


def begin(session: Session, new: ReferralRow) -> None:
    """Remember that there is nothing yet of a referral that begins with this transaction.

    It is added to the session by whoever begins it. What was asked `beside` knows nothing of it, and is asked again.
    """
    memory, key = _memory(session), (new.peer, new.thread)
    if memory is None:
        memory = session.info[_MEMORY] = _Memory(peer=new.peer, referrals={}, lists={})
    memory.referrals[key] = new
    memory.lists |= _empty([key])
    memory.beside.clear()


def referral(session: Session, peer: str, thread: str) -> ReferralRow | None:
    """The referral of a thread with a peer, if it has begun."""
    memory, key = _remembering(session, peer, thread), (peer, thread)
    return memory.referrals[key] if memory else session.get(ReferralRow, key)


def is_taken(session: Session, peer: str, thread: str) -> bool:
    """Whether a referral with any peer has the thread in which `peer` wants to begin one."""
    if memory := _remembering(session, peer, thread):
        return thread in memory.of_others or memory.referrals[peer, thread] is not None
    return session.scalar(select(ReferralRow.peer).where(ReferralRow.thread == thread).limit(1)) is not None


def sops_with(session: Session, peer: str) -> list[SopRead]:
    """All procedures with a peer, however far their agreement has come."""
    memory = _memory(session)
    known = memory.sops if memory is not None and memory.peer == peer else None
    if known is None:
        known = [SopRead(*row) for row in appending.ask(session, _SOPS, {"peer": peer})]
    if memory is not None and memory.peer == peer:
        memory.sops = known
    return known


def listed(session: Session, table: type[Listed], row: ReferralRow) -> list[Listed]:
    """The steps or the duties of a referral, in the order in which they were written."""
    key = peer, thread = row.peer, row.thread
    if memory := _remembering(session, peer, thread):
        if (table, key) not in memory.lists:
            _list_all(session, memory, table)
        return list(cast("list[Listed]", memory.lists[table, key]))
    return list(session.scalars(_LISTS[table], {"peer": peer, "threads": [thread]}))


def beside(session: Session, peer: str, thread: str, ask: Ask[Found]) -> Found | None:
    """What `ask` finds of a thread, asked once for all threads that are remembered together with it.

    Only for what this transaction does not change.
    """
    memory = _memory(session)
    if memory is None or not (thread in memory.unread or (peer, thread) in memory.referrals):
        return ask(session, (thread,)).get(thread)
    if ask not in memory.beside:
        memory.beside[ask] = ask(session, memory.unread.union(one for _, one in memory.referrals))
    found: Found | None = memory.beside[ask].get(thread)
    return found


def know(session: Session, peer: str, thread: str, ask: Ask[Found], found: Found) -> None:
    """Remember what `ask` would find of the thread of a referral that begins with this transaction."""
    if (memory := _memory(session)) and set(memory.referrals) == {(peer, thread)}:
        memory.beside[ask] = {thread: found}


def add(session: Session, new: ReferralRow | StepRow | DutyRow) -> None:
    """Add a new row to the session, and to what is remembered; nothing changes it after the transaction."""
    memory, key = _remembering(session, new.peer, new.thread), (new.peer, new.thread)
    if memory is None:
        session.add(new)
        return
    if isinstance(new, ReferralRow):
        memory.referrals[key] = new
    elif (type(new), key) in memory.lists:
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


def _remembering(session: Session, peer: str, thread: str) -> _Memory | None:
    """What is remembered, if this thread is among it; its referral is read by then."""
    memory = _memory(session)
    if memory is not None and memory.peer == peer and thread in memory.unread:
        _read(session, memory)
    return memory if memory is not None and (peer, thread) in memory.referrals else None


def _read(session: Session, memory: _Memory) -> None:
    """Read the referrals of all threads of which they were not read yet."""
    keys = [(memory.peer, thread) for thread in memory.unread]
    found = session.scalars(_REFERRALS, {"threads": list(memory.unread)}).all()
    begun = {row.thread for row in found}
    memory.referrals |= dict.fromkeys(keys)
    memory.lists |= _empty(key for key in keys if key[1] not in begun)
    memory.referrals |= {(row.peer, row.thread): row for row in found if row.peer == memory.peer}
    memory.of_others |= frozenset(row.thread for row in found if row.peer != memory.peer)
    memory.unread = frozenset()


def _empty(keys: Iterable[Thread]) -> Lists:
    """The lists of threads of which there is nothing yet."""
    return {(table, key): [] for key in keys for table in (StepRow, DutyRow)}


def _list_all(session: Session, memory: _Memory, table: type[Listed]) -> None:
    """Read the steps, or the duties, of all threads of which they were not read yet."""
    session.flush()
    missing = {key[1]: key for key in memory.referrals if (table, key) not in memory.lists}
    memory.lists |= {(table, key): [] for key in missing.values()}
    for one in session.scalars(_LISTS[table], {"peer": memory.peer, "threads": list(missing)}):
        memory.lists[table, (one.peer, one.thread)].append(one)


def _memory(session: Session) -> _Memory | None:
    memory: _Memory | None = session.info.get(_MEMORY)
    return memory


def _forget(session: Session, _undone: SessionTransaction) -> None:
    session.info.pop(_MEMORY, None)


event.listen(Session, "after_soft_rollback", _forget)
