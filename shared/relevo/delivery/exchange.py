"""One load brought in one signed request, and what the peer answered, read only if it signed that for this request."""

from __future__ import annotations

from http import HTTPStatus

from relevo.delivery.federation import ENVELOPES
from relevo.delivery.loads import Load
from relevo.delivery.node import Node
from relevo.delivery.peer_refused import PeerRefused
from relevo.delivery.transport import Answer, AnswerUnfit, Transport
from relevo.protocol import strict_json
from relevo.protocol.hop import HopRequest, sign_request, verify_answer
from relevo.protocol.keys import VerifyKey
from relevo.protocol.strict_json import JsonObject, JsonValue

CONTENT_TYPE = "application/json"


def request_for(node: Node, load: Load) -> HopRequest:
    """The request that brings a load, signed now; it asks neither the database nor the peer for anything.

    Raises:
        HopWrongProfile: if the peer's address cannot be signed.
    """
    body = strict_json.dump_whole({"envelopes": [envelope.to_object() for _, envelope in load.messages]})
    url = load.endpoint.rstrip("/") + ENVELOPES
    headers = sign_request("POST", url, CONTENT_TYPE, body, key=node.identity.keys.signing, at=node.clock.now())
    return HopRequest(method="POST", target_uri=url, headers=headers, body=body)


def exchange(node: Node, transport: Transport, load: Load) -> tuple[list[JsonObject], JsonValue]:
    """Bring a load.

    Returns:
        A result for each of its messages, in their order, and the peer's summary of our stream.

    Raises:
        PeerUnreachable, PeerRefused: if the peer did not take the request.
        WireError: if its answer is not one that it signed for this request.
    """
    request = load.request.result() if load.request else request_for(node, load)
    answer = transport.send(request.method, request.target_uri, request.headers, request.body)
    return _read(node, load, request, answer)


def _read(node: Node, load: Load, request: HopRequest, answer: Answer) -> tuple[list[JsonObject], JsonValue]:
    if answer.status != HTTPStatus.OK:
        raise PeerRefused.by(answer)

    def key_for(kid: str) -> VerifyKey:
        if load.trust.node_of(kid) != load.peer:
            raise AnswerUnfit("the answer is signed by another node")
        return load.trust.hop_key(kid, at)

    at = node.clock.now()
    verify_answer(answer.status, answer.headers, answer.body, request=request, key_for=key_for, at=at)
    said = strict_json.load(answer.body, limit=len(answer.body))
    results = said.get("results")
    if not isinstance(results, list) or len(results) != len(load.jtis):
        raise AnswerUnfit("the answer does not have one result for each envelope")
    return [result if isinstance(result, dict) else {} for result in results], said.get("summary")
