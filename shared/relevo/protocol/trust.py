"""Whose word is taken: the statements of the registered nodes, as one value.

Which statements stand in a `Trust` people have decided (registration, fingerprint, second administrator); here is
only looked up. A signature is checked in two steps, because the moment of signing stands in what was signed:
`key_named` finds the key for the signature, then `signing_key` says whether that key was the maker's and in use at
`iat`, and whether what it signed may still arrive at `at`. `read_signed` does both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from relevo.errors import WireError
from relevo.protocol import jws
from relevo.protocol.claims import SKEW, WrongIssuer, require_not_future
from relevo.protocol.statement import NodeStatement, SigningPeriod, StatementExpired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from relevo.protocol.keys import EncryptionKey, VerifyKey


class Dated(Protocol):
    """What a node signed: it names its maker and the moment."""

    @property
    def iss(self) -> str:
        """The node that says so."""
        ...

    @property
    def iat(self) -> datetime:
        """When it was signed."""
        ...


Signed = TypeVar("Signed", bound=Dated)


class PeerUnknown(WireError):
    """No node of this name is registered here."""

    code = "peer-unknown"
    advice = "Register the peer: import its statement and compare the fingerprint with its administrator."


class KeyUnknown(WireError):
    """No registered node has this key; perhaps its newest statement has not arrived."""

    code = "key-unknown"
    advice = "Fetch the peer's newest statement; the message can be sent again as it is."


class KeyOutOfPeriod(WireError):
    """A key signed when it was not in use, or what it signed came too late."""

    code = "key-out-of-period"
    advice = "The sender signs the attempt again with a key that is in use."


class KeyCompromised(WireError):
    """A key was declared stolen; nothing that arrives since is taken under it."""

    code = "key-compromised"
    advice = "The sender signs the message again with its new key; what arrived before stands in the quarantine list."


class KeyClaimedTwice(WireError):
    """A statement lists a key that is another node's."""

    code = "key-claimed-twice"
    advice = "Do not take this statement; ask both administrators whose key it is."


@dataclass(frozen=True)
class Trust:
    """The statements of registered nodes by node id."""

    statements: Mapping[str, NodeStatement]

    def statement(self, node_id: str) -> NodeStatement:
        """What a node says about itself; raises `PeerUnknown`."""
        try:
            return self.statements[node_id]
        except KeyError as error:
            raise PeerUnknown from error

    def admit(self, statement: NodeStatement) -> Trust:
        """This trust with `statement` in place of what its node said before.

        Raises:
            KeyClaimedTwice: if a key of it is another node's, to whom messages could then be ascribed.
        """
        others = {name: known for name, known in self.statements.items() if name != statement.node_id}
        if any(statement.kids & known.kids for known in others.values()):
            raise KeyClaimedTwice
        return Trust({**others, statement.node_id: statement})

    def node_of(self, kid: str) -> str:
        """The node whose signing key `kid` is; raises `KeyUnknown`."""
        return self._named(kid)[0]

    def key_named(self, kid: str) -> VerifyKey:
        """The signing key `kid` of any node, whatever its period; raises `KeyUnknown`."""
        return self._named(kid)[1].key

    def hop_key(self, kid: str, at: datetime) -> VerifyKey:
        """The signing key `kid` of any node, if requests may be signed with it now; clocks may differ by `SKEW`.

        Raises:
            KeyUnknown: if no node has it.
            KeyOutOfPeriod, KeyCompromised: if it is not in use yet, or no longer.
        """
        period = self._named(kid)[1]
        _require_whole(period, at)
        if not period.use_from - SKEW <= at <= period.use_until + SKEW:
            raise KeyOutOfPeriod
        return period.key

    def signing_key(self, node_id: str, kid: str, *, iat: datetime, at: datetime) -> VerifyKey:
        """The key with which `node_id` signed at `iat` what arrives at `at`.

        Raises:
            PeerUnknown, KeyUnknown: if this node is not registered or has no such key.
            KeyCompromised: if it was declared stolen from a moment on that lies before `at`.
            KeyOutOfPeriod: unless `use_from <= iat <= use_until` and `at <= verify_until`.
        """
        for period in self.statement(node_id).signing:
            if period.key.kid == kid:
                _require_whole(period, at)
                if not (period.use_from <= iat <= period.use_until and at <= period.verify_until):
                    raise KeyOutOfPeriod
                return period.key
        raise KeyUnknown

    def presentation_key(self, node_id: str) -> VerifyKey:
        """The key to which content for `node_id` is bound; raises `PeerUnknown`."""
        return self.statement(node_id).presentation

    def encryption_key(self, node_id: str, at: datetime) -> EncryptionKey:
        """The key to seal to: of those in use the one that lasts longest.

        Raises:
            PeerUnknown: if this node is not registered.
            StatementExpired: if its statement, or every key in it, is past its end.
        """
        statement = self.statement(node_id)
        newest = max(statement.encryption, key=lambda period: period.use_until)
        if at >= min(statement.exp, newest.use_until):
            raise StatementExpired
        return newest.key

    def seals_to(self, node_id: str, kid: str) -> bool:
        """Whether `kid` is the newest encryption key of a node, in use or not; raises `PeerUnknown`."""
        return max(self.statement(node_id).encryption, key=lambda period: period.use_until).key.kid == kid

    def _named(self, kid: str) -> tuple[str, SigningPeriod]:
        for node_id, period in self._periods():
            if period.key.kid == kid:
                return node_id, period
        raise KeyUnknown

    def _periods(self) -> Iterator[tuple[str, SigningPeriod]]:
        for node_id, statement in self.statements.items():
            for period in statement.signing:
                yield node_id, period


def read_signed(token: str, typ: str, parse: Callable[[bytes], Signed], *, trust: Trust, at: datetime) -> Signed:
    """What `parse` makes of a payload, if the node that it names signed it, with a key that was in use.

    Raises:
        KeyUnknown, KeyOutOfPeriod, KeyCompromised: if the key is nobody's, not of that time, or stolen.
        MalformedJws, WrongType, BadSignature: if the token is not signed for the purpose `typ`.
        WrongIssuer: if the key is another node's than the one that the payload names.
        FromTheFuture: if it is dated ahead of `at`.
        WireError: whatever `parse` refuses.
    """
    found = parse(jws.verify(token, trust.key_named, typ))
    require_not_future(found.iat, at, typ)
    try:
        trust.signing_key(found.iss, jws.key_id(token, typ), iat=found.iat, at=at)
    except (PeerUnknown, KeyUnknown) as error:
        raise WrongIssuer from error
    return found


def _require_whole(period: SigningPeriod, at: datetime) -> None:
    if period.invalid_from is not None and at >= period.invalid_from:
        raise KeyCompromised
