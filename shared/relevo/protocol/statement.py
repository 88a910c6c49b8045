"""What a node says about itself: its name, its keys and where it can be reached, signed by its own root key.

A JWS of `typ` `relevo-statement+jwt` over exactly these members:

    {"node_id": "es:retorno", "name": …, "version": 1, "prev": null, "iat": …, "exp": …, "root": JWK,
     "signing": [{"key": JWK, "use_from": …, "use_until": …, "verify_until": …, "invalid_from": … | null}],
     "encryption": [{"key": {"kid", "suite", "public"}, "use_until": …}],
     "presentation": JWK, "log": JWK, "witness": JWK,
     "endpoint": "https://…", "contacts": [text, …], "public_authority": false, "endorsement": null}

`prev` is the digest of the token of the version before, so that versions form a chain under one root. A statement
lives at most 90 days. No key stands in two roles. That a root belongs to a country nobody can read in a statement:
people compare its fingerprint. Everything else follows from the root. How one version follows another, and what
`endorsement` is when the root changes, stands in `relevo.protocol.statement_chain`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from relevo.clock import seconds
from relevo.errors import WireError
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.claims import Claims, require_not_future
from relevo.protocol.endpoint import require_endpoint
from relevo.protocol.key_periods import (
    LIFE,
    EncryptionPeriod,
    SigningPeriod,
    UnfitStatement,
    encryption_periods,
    signing_periods,
)
from relevo.protocol.keys import BadSignature, VerifyKey

if TYPE_CHECKING:
    from datetime import datetime

    from relevo.protocol.keyring import Keys
    from relevo.protocol.strict_json import JsonObject

__all__ = [
    "EncryptionPeriod",
    "NodeStatement",
    "SigningPeriod",
    "StatementChainBroken",
    "StatementExpired",
    "UnfitStatement",
    "first_statement",
    "next_statement",
    "read_statement",
    "require_current",
    "statement_digest",
]

TYP, ENDORSEMENT = "relevo-statement+jwt", "relevo-root+jwt"
MAX_KEYS, MAX_CONTACTS, MAX_NAME = 32, 20, 120
_ROLES = ("root", "presentation", "log", "witness")


class StatementExpired(WireError):
    """A statement is past its end; nothing new is sealed to its node."""

    code = "statement-expired"
    advice = "Ask the peer's administrator to publish a new statement, then import it; what is queued still goes."


class StatementChainBroken(WireError):
    """A statement does not follow the one that stands, version by version, under the same root."""

    code = "statement-chain-broken"
    advice = "Ask for the versions between; if the root is new, both administrators must compare its fingerprint."


@dataclass(frozen=True, kw_only=True)
class NodeStatement:
    """One version of what a node says about itself, fit for use."""

    node_id: str
    name: str
    version: int
    prev: str | None
    iat: datetime
    exp: datetime
    root: VerifyKey
    signing: tuple[SigningPeriod, ...]
    encryption: tuple[EncryptionPeriod, ...]
    presentation: VerifyKey
    log: VerifyKey
    witness: VerifyKey
    endpoint: str
    contacts: tuple[str, ...]
    public_authority: bool
    endorsement: str | None = None

    def __post_init__(self) -> None:
        if not self.iat < self.exp <= self.iat + LIFE:
            raise UnfitStatement("a statement does not end within 90 days", field="exp")
        if (self.version == 1) != (self.prev is None):
            raise UnfitStatement("version 1, and it alone, has no version before", field="prev")
        if not self.signing or not self.encryption:
            raise UnfitStatement("a statement has no signing or no encryption key")
        if len(self.kids) != len(_ROLES) + len(self.signing) + len(self.encryption):
            raise UnfitStatement("a key stands twice or in two roles")
        require_endpoint(self.endpoint)

    @property
    def kids(self) -> frozenset[str]:
        """The ids of all keys in it."""
        roles = [getattr(self, role).kid for role in _ROLES]
        signing = [period.key.kid for period in self.signing]
        return frozenset([*roles, *signing, *(period.key.kid for period in self.encryption)])

    @property
    def log_name(self) -> str:
        """The origin line of the node's log (C2SP tlog-checkpoint) and the name of its key."""
        return f"{self.node_id}/log"

    def to_object(self) -> JsonObject:
        """The payload."""
        return {
            "node_id": self.node_id,
            "name": self.name,
            "version": self.version,
            "prev": self.prev,
            "iat": seconds(self.iat),
            "exp": seconds(self.exp),
            "root": self.root.jwk,
            "signing": [period.to_object() for period in self.signing],
            "encryption": [period.to_object() for period in self.encryption],
            "presentation": self.presentation.jwk,
            "log": self.log.jwk,
            "witness": self.witness.jwk,
            "endpoint": self.endpoint,
            "contacts": list(self.contacts),
            "public_authority": self.public_authority,
            "endorsement": self.endorsement,
        }


_NAMES = tuple(NodeStatement.__dataclass_fields__)


def first_statement(
    keyring: Keys,
    *,
    node_id: str,
    name: str,
    endpoint: str,
    contacts: tuple[str, ...],
    public_authority: bool,
    at: datetime,
) -> str:
    """Version 1 of a node's statement, valid for 90 days from `at`, signed by the root of `keyring`."""
    statement = NodeStatement(
        node_id=node_id,
        name=name,
        version=1,
        prev=None,
        iat=at,
        exp=at + LIFE,
        root=keyring.root.public,
        signing=signing_periods((), keyring, at, since=at),
        encryption=encryption_periods((), keyring, at),
        presentation=keyring.presentation.public,
        log=keyring.log.public,
        witness=keyring.witness.public,
        endpoint=endpoint,
        contacts=contacts,
        public_authority=public_authority,
    )
    return _sign(statement, keyring)


def next_statement(previous_token: str, keyring: Keys, *, at: datetime, endpoint: str | None = None) -> str:
    """The version after `previous_token`, valid for 90 days from `at`.

    The keys of `keyring` are in use for as long. A signing or encryption key that the ring no longer has is listed
    with its use ended, for as long as it verifies; so rotation is a new key in the ring and a new statement.

    With `endpoint` the node is reached at another address from now on. If the ring has a new root, the one before it
    endorses the new one; whoever knows the old root then asks a person.

    Raises:
        StatementChainBroken: if neither root of `keyring` is the one that stands, or `at` lies before that version.
        KeyOffline: if the root is kept elsewhere.
    """
    previous = read_statement(previous_token, at=None)
    if at < previous.iat:
        raise StatementChainBroken("a later version cannot be older")
    statement = replace(
        previous,
        version=previous.version + 1,
        prev=statement_digest(previous_token),
        iat=at,
        exp=at + LIFE,
        signing=signing_periods(previous.signing, keyring, at, since=previous.iat),
        encryption=encryption_periods(previous.encryption, keyring, at),
        presentation=keyring.presentation.public,
        log=keyring.log.public,
        witness=keyring.witness.public,
        root=keyring.root.public,
        endpoint=endpoint or previous.endpoint,
        endorsement=_endorsement(previous, statement_digest(previous_token), keyring, at),
    )
    return _sign(statement, keyring)


def read_statement(token: str, *, at: datetime | None) -> NodeStatement:
    """The statement in `token`, if it is fit and signed by the root key that stands in it.

    With `at` it must also be of now: not expired, and not dated ahead. Evidence is read with `at=None`.

    Raises:
        BadSignature, MalformedJws, WrongType: if the token is not the root's own word.
        MalformedClaims, UnfitKey, UnfitStatement, UnfitEndpoint: if the word is not fit.
        StatementExpired, FromTheFuture: if it is not of now.
    """
    statement = _parse(jws.verify(token, _root_inside(token), TYP))
    if at is not None:
        require_current(statement, at)
    return statement


def statement_digest(token: str) -> str:
    """The digest by which the next version names this one: SHA-256 of the token's ASCII."""
    return base64url.digest(token.encode())


def endorsement_of(node_id: str, prev: str, root: VerifyKey, at: datetime) -> bytes:
    """What the root before signs of the one that takes its place."""
    return strict_json.dump({"node_id": node_id, "prev": prev, "root": root.jwk, "iat": seconds(at)})


def require_current(statement: NodeStatement, at: datetime) -> None:
    """Raises `StatementExpired` or `FromTheFuture` unless the statement is of now."""
    require_not_future(statement.iat, at, "a statement")
    if at >= statement.exp:
        raise StatementExpired


def _endorsement(previous: NodeStatement, prev: str, keyring: Keys, at: datetime) -> str | None:
    if previous.root == keyring.root.public:
        return None
    former = keyring.former_root
    if former is None or former.public != previous.root:
        raise StatementChainBroken("only the same root can write a later version, or endorse another root")
    return jws.sign(endorsement_of(previous.node_id, prev, keyring.root.public, at), former, ENDORSEMENT)


def _root_inside(token: str) -> jws.KeyFor:
    jws.key_id(token, TYP)
    root = VerifyKey.from_jwk(strict_json.load(base64url.decode(token.split(".")[1])).get("root"))

    def key_for(kid: str) -> VerifyKey:
        if kid != root.kid:
            raise BadSignature("a statement is not signed by the root key that stands in it")
        return root

    return key_for


def _parse(payload: bytes) -> NodeStatement:
    claims = Claims.parse(payload, _NAMES, "a statement")
    return NodeStatement(
        node_id=claims.node_id("node_id"),
        name=claims.text("name", limit=MAX_NAME),
        version=claims.whole("version", least=1),
        prev=claims.digest("prev") if claims.members["prev"] is not None else None,
        iat=claims.moment("iat"),
        exp=claims.moment("exp"),
        root=VerifyKey.from_jwk(claims.members["root"]),
        signing=tuple(SigningPeriod.from_object(item) for item in claims.items("signing", most=MAX_KEYS)),
        encryption=tuple(EncryptionPeriod.from_object(item) for item in claims.items("encryption", most=MAX_KEYS)),
        presentation=VerifyKey.from_jwk(claims.members["presentation"]),
        log=VerifyKey.from_jwk(claims.members["log"]),
        witness=VerifyKey.from_jwk(claims.members["witness"]),
        endpoint=claims.text("endpoint"),
        contacts=claims.texts("contacts", most=MAX_CONTACTS),
        public_authority=claims.flag("public_authority"),
        endorsement=claims.text("endorsement") if claims.members["endorsement"] is not None else None,
    )


def _sign(statement: NodeStatement, keyring: Keys) -> str:
    payload = strict_json.dump(statement.to_object())
    _parse(payload)  # a node does not sign what its peers would refuse
    return jws.sign(payload, keyring.root, TYP)
