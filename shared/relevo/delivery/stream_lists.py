"""Asking a peer for a part of a stream, and answering: what both ends have of it is compared by place.

    POST /federation/v1/stream   {"of": "received" | "sent", "epoch", "from", "to", "tokens": true | false}
                               → {"stream": relevo-stream+jwt, "summary": relevo-summary+jwt,
                                  "tokens": [[manifest, receipt or null], …] in the order of the places,
                                  "statements": [every version of the asker's statement that is known, oldest first]}

What the asked node held back is not in the list of what it sent: nothing will come at that place.

At most 500 places come at once, and 100 with their tokens; statements come with tokens only. Both hold by their own
signatures; with them a node that was restored from a backup gets back what it signed and forgot. The request changes
nothing, so that a repeated one needs no memory of nonces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from relevo.delivery.admission import Admission
from relevo.delivery.federation import CONTENT_TYPE, STREAM, BodyTooLarge, Signed, admitted
from relevo.delivery.node import Node
from relevo.delivery.outbox import OutboxState
from relevo.delivery.summaries import signed_summary
from relevo.delivery.transport import AnswerUnfit, Transport, code_of
from relevo.errors import WireError
from relevo.protocol import strict_json
from relevo.protocol.base64url import digest
from relevo.protocol.claims import Claims, MalformedClaims
from relevo.protocol.hop import HopRequest, sign_answer, sign_request, verify_answer
from relevo.protocol.keys import VerifyKey
from relevo.protocol.manifest import manifest_digest
from relevo.protocol.stream_list import MAX_PLACES, Direction, Place, StreamList, read_stream_list, sign_stream_list
from relevo.protocol.strict_json import JsonObject, JsonValue
from relevo.protocol.trust import KeyUnknown, Trust
from relevo.storage import peers, streams
from relevo.storage.streams import Sent
from relevo.storage.unit_of_work import UnitOfWork

MAX_REQUEST = 4096
WITH_TOKENS = 100
LAST = 2**53 - 1


class KeyNotStated(WireError):
    """A peer knows no statement of ours that names the key with which we sign."""

    code = "key-not-stated"
    advice = "Nothing is lost: our next statement names the key, and the peer fetches it by itself."


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which part of which stream, from the place `begin` to `end`; `tokens` asks for manifests and receipts."""

    of: Direction
    epoch: int
    begin: int
    end: int = LAST
    tokens: bool = False

    @classmethod
    def parse(cls, body: bytes) -> Question:
        """The question in its written form.

        Raises:
            WireError: if it has another form.
        """
        claims = Claims.of(strict_json.load(body, limit=MAX_REQUEST), _NAMES, "a question about a stream")
        of = claims.word("of")
        if of not in set(Direction):
            raise MalformedClaims("a question about a stream: of is neither received nor sent", field="of")
        epoch, begin, end = (claims.whole(name, least=1) for name in ("epoch", "from", "to"))
        if max(epoch, begin, end) > LAST:
            raise MalformedClaims("a question about a stream: a place is out of range", field="to")
        return cls(of=Direction(of), epoch=epoch, begin=begin, end=end, tokens=claims.flag("tokens"))

    def to_object(self) -> JsonObject:
        """The written form."""
        return {"of": self.of, "epoch": self.epoch, "from": self.begin, "to": self.end, "tokens": self.tokens}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a peer answered: the list, and its summary of our stream (unread).

    If tokens were asked for, these by place, and the versions of our own statement that the peer knows (unread).
    """

    listed: StreamList
    summary: JsonValue
    tokens: Mapping[int, tuple[str, str | None]]
    statements: tuple[str, ...]
    trust: Trust


def answer(node: Node, request: HopRequest, admission: Admission | None = None) -> Signed:
    """A part of a stream between this node and the registered peer who asks.

    Raises:
        WireError: if the request is refused.
    """
    if len(request.body) > MAX_REQUEST:
        raise BodyTooLarge
    at, key = node.clock.now(), node.identity.keys.signing
    with admitted(node, request, admission) as (caller, _, _), node.read() as work:
        asked, peer = Question.parse(request.body), caller.node_id
        summary = signed_summary(work, peer, streams.received(work.session, peer))
        body = strict_json.dump({**_page(work, peer, asked), "summary": summary})
    return Signed(body=body, headers=sign_answer(200, CONTENT_TYPE, body, request=request, key=key, at=at))


def ask(node: Node, transport: Transport, peer: str, question: Question) -> Told:
    """What `peer` has of a stream.

    Raises:
        PeerUnreachable: if there is no answer.
        KeyNotStated: if the peer does not know our key.
        WireError: if it is not the peer's answer to this question.
    """
    with node.read() as work:
        trust, endpoint = peers.trust(work.session), peers.find(work.session, peer).endpoint
    url, body = endpoint.rstrip("/") + STREAM, strict_json.dump(question.to_object())
    at = node.clock.now()
    headers = sign_request("POST", url, CONTENT_TYPE, body, key=node.identity.keys.signing, at=at)
    got = transport.send("POST", url, headers, body)
    if got.status != HTTPStatus.OK:
        raise KeyNotStated if code_of(got) == KeyUnknown.code else AnswerUnfit(f"status {got.status} instead of a list")

    def key_for(kid: str) -> VerifyKey:
        if trust.node_of(kid) != peer:
            raise AnswerUnfit("the answer is signed by another node")
        return trust.hop_key(kid, at)

    asked = HopRequest(method="POST", target_uri=url, headers=headers, body=body)
    verify_answer(got.status, got.headers, got.body, request=asked, key_for=key_for, at=node.clock.now())
    return _told(node, peer, question, strict_json.load(got.body, limit=len(got.body)), trust)


def _page(work: UnitOfWork, peer: str, asked: Question) -> JsonObject:
    room = WITH_TOKENS if asked.tokens else MAX_PLACES
    held = (OutboxState.HELD,)
    found = streams.places(work.session, peer, asked.of, asked.epoch, asked.begin, asked.end, room + 1, but=held)
    listed = StreamList(
        iss=work.identity.node_id,
        aud=peer,
        of=asked.of,
        epoch=asked.epoch,
        begin=asked.begin,
        end=asked.end,
        more=len(found) > room,
        places=tuple(_place(one) for one in found[:room]),
        iat=work.at,
    )
    stream = sign_stream_list(listed, work.identity.keys.signing)
    if not asked.tokens:
        return {"stream": stream, "tokens": []}
    tokens: list[JsonValue] = [[one.manifest, one.receipt] for one in found[:room]]
    return {"stream": stream, "tokens": tokens, "statements": list(peers.statements(work.session, peer))}


def _place(one: Sent) -> Place:
    receipt = None if one.receipt is None else digest(one.receipt.encode())
    return Place(seq=one.seq, jti=one.jti, manifest=manifest_digest(one.manifest), receipt=receipt)


def _told(node: Node, peer: str, question: Question, said: JsonObject, trust: Trust) -> Told:
    token, tokens = said.get("stream"), said.get("tokens")
    if not isinstance(token, str) or not isinstance(tokens, list):
        raise AnswerUnfit("the answer has no list")
    listed = read_stream_list(token, trust=trust, at=node.clock.now())
    meant = (peer, node.identity.node_id, question.of, question.epoch, question.begin, question.end)
    if (listed.iss, listed.aud, listed.of, listed.epoch, listed.begin, listed.end) != meant:
        raise AnswerUnfit("the list is not the one that was asked for")
    pairs = zip(listed.places, tokens, strict=False)
    found = {place.seq: pair for place, item in pairs if (pair := _pair(place, item)) is not None}
    return Told(
        listed=listed, summary=said.get("summary"), tokens=found, statements=_texts(said.get("statements")), trust=trust
    )


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _pair(place: Place, item: JsonValue) -> tuple[str, str | None] | None:
    """Manifest and receipt of a place, if they are those of which the list has the digests."""
    match item:
        case [str(manifest), str() | None as receipt] if manifest_digest(manifest) == place.manifest:
            return manifest, receipt
    return None


_NAMES = ("of", "epoch", "from", "to", "tokens")
