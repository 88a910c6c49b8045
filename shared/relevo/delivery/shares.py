"""How much of a node's disk one peer may take; each is a setting, explained in deploy/, far above what people need.

    messages of a day     asked before the envelopes of a request are read (`message-quota`, until the day is over)
    bytes of messages     likewise (`storage-quota`, until an administrator makes room)
    files                 asked at the first part of each (`file-quota`, `relevo.delivery.files_federation`)
    statements            asked before any of them is verified (`statements-too-many`, `relevo.delivery.keeping_up`)

One request may go beyond by the messages that it holds. Post that people bring as a bundle is counted, and not refused.
A peer that was refused in the last week for one of these is a task for administrators.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from relevo.delivery.admission import RateExceeded
from relevo.domain.access import MAY, Act
from relevo.domain.tasks import Task
from relevo.errors import WireError
from relevo.storage import refused, shares
from relevo.storage.callers import Caller
from relevo.storage.unit_of_work import UnitOfWork

DAY = timedelta(days=1)
TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What each peer may take."""

    messages_a_day: int = 100_000
    message_bytes: int = 20 << 30
    statements: int = 400


class MessageQuota(RateExceeded):
    """The peer brought more messages today than this node takes from one peer in a day."""

    code = "message-quota"
    advice = "Ask the peer's administrator why it brings so much; if rightly, raise `messages_a_day_of_a_peer`."


class StorageQuota(WireError):
    """The peer keeps more bytes of messages here than this node has room for."""

    code = "storage-quota"
    advice = "Nothing is lost: the peer keeps its messages. If it needs the room, raise `message_bytes_of_a_peer`."


class StatementsTooMany(WireError):
    """A node publishes more versions of its statement than this node keeps of one peer."""

    code = "statements-too-many"
    advice = "Ask the peer's administrator why there are so many; if rightly, raise `statements_of_a_peer`."


def require_room(caller: Caller, may: Shares, at: datetime) -> None:
    """Whether a peer may bring messages now.

    Raises:
        MessageQuota: if it brought a day's worth today; it says after how many seconds the day is over.
        StorageQuota: if it keeps as much here as it may.
    """
    if shares.brought_today(caller, at) >= may.messages_a_day:
        raise MessageQuota(seconds=_until_midnight(at))
    if caller.kept_bytes >= may.message_bytes:
        raise StorageQuota


def require_statements(kept: int, more: int, may: Shares) -> None:
    """Whether `more` versions may stand beside the `kept` ones of a peer.

    Raises:
        StatementsTooMany: if not.
    """
    if kept + more > may.statements:
        raise StatementsTooMany


def tasks(work: UnitOfWork) -> Iterator[Task]:
    """A task for administrators if a peer came to one of these limits lately."""
    over = {MessageQuota.code, StorageQuota.code, "file-quota"}
    lately = [one for one in refused.everything(work.session) if one.code in over and one.at > work.at - TOLD_FOR]
    if lately:
        since = min(one.at for one in lately)
        yield Task(what="look-at-share", text=_TOO_MUCH, roles=MAY[Act.REGISTER_PEER], since=since)


def _until_midnight(at: datetime) -> int:
    now = at.astimezone(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    return max(1, round((midnight - now).total_seconds()))


_TOO_MUCH = "A peer came to the end of its share of this node: `refused list` says which; call its administrator."
