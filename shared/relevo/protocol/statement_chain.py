"""How one version of a node's statement follows another, and how a root key is replaced.

Each version has the next number and names the version before by digest. Under the same root that is all. A new root
needs the word of both: the statement is signed by the new one, and its `endorsement` is a JWS of `typ`
`relevo-root+jwt` by the root before, over exactly

    {"node_id": …, "prev": digest of the version before, "root": JWK of the new root, "iat": …}

Even so nobody takes a new root without a person who compared its fingerprint: `follows` refuses it unless it is told
that somebody did (`new_root`), and a stolen root alone can replace nothing in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.errors import WireError
from relevo.protocol import jws
from relevo.protocol.keys import BadSignature, VerifyKey
from relevo.protocol.statement import (
    ENDORSEMENT,
    NodeStatement,
    StatementChainBroken,
    endorsement_of,
    read_statement,
    require_current,
    statement_digest,
)

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["RootChanged", "follows"]


class RootChanged(WireError):
    """A statement has another root key than the one that people compared."""

    code = "root-changed"
    advice = (
        "Call the peer's administrator on a number that you know, ask why, compare the new fingerprint, "
        "and type it to `peer confirm-root`. Until then the statement before it stands."
    )


def follows(
    previous: NodeStatement, previous_token: str, *tokens: str, at: datetime | None, new_root: bool = False
) -> NodeStatement:
    """The last of `tokens`, if each follows the one before it, beginning with the one that stands.

    Only the last must be of now (`at`); those between may have expired. `new_root` says that a person decides, or has
    decided, about another root.

    Raises:
        StatementChainBroken: unless node, root or endorsement, version and `prev` fit at each link.
        RootChanged: if all fits, but the root is another and `new_root` is not said.
        WireError: as `read_statement`, for each token.
    """
    if not tokens:
        raise StatementChainBroken("no later statement was given")
    for token in tokens:
        statement = read_statement(token, at=None)
        _require_link(previous, previous_token, statement)
        if statement.root != previous.root and not new_root:
            raise RootChanged
        previous, previous_token = statement, token
    if at is not None:
        require_current(previous, at)
    return previous


def _require_link(previous: NodeStatement, previous_token: str, statement: NodeStatement) -> None:
    next_one = statement.version == previous.version + 1 and statement.prev == statement_digest(previous_token)
    same_node = previous.node_id == statement.node_id and statement.iat >= previous.iat
    if not (same_node and next_one):
        raise StatementChainBroken
    if statement.root != previous.root or statement.endorsement is not None:
        _require_endorsed(previous.root, statement)


def _require_endorsed(former: VerifyKey, statement: NodeStatement) -> None:
    said = endorsement_of(statement.node_id, statement.prev or "", statement.root, statement.iat)
    try:
        if jws.verify(statement.endorsement or "", lambda _kid: former, ENDORSEMENT) != said:
            raise StatementChainBroken("the root before endorsed something else")
    except (jws.MalformedJws, jws.WrongType, BadSignature) as error:
        raise StatementChainBroken("the root before does not endorse the new one") from error
