"""A network that keeps what it was given and brings it in any order, as often as it likes.

While it is loose every request of a courier is kept and looks lost to its sender; `bring` hands chosen envelopes to the
receiver, signed anew for the hop as a retry would be. Whatever was brought, the sender goes on trying by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from relevo.delivery import federation
from relevo.delivery.node import Node
from relevo.delivery.transport import Answer, PeerUnreachable
from relevo.errors import WireError
from relevo.protocol import strict_json
from relevo.protocol.hop import HopRequest, sign_request
from relevo.protocol.strict_json import JsonValue
from support.nodes import MemoryTransport

CONTENT_TYPE = "application/json"


@dataclass
class LoosePost(MemoryTransport):
    """Keeps envelopes by the address they are for, oldest first, each once."""

    loose: bool = False
    kept: dict[str, list[JsonValue]] = field(default_factory=dict)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        parts = urlsplit(url)
        if not self.loose or parts.path != federation.ENVELOPES:
            return super().send(method, url, headers, body)
        envelopes = strict_json.load(body, limit=len(body))["envelopes"]
        assert isinstance(envelopes, list)
        waiting = self.kept.setdefault(f"{parts.scheme}://{parts.netloc}", [])
        waiting.extend(one for one in envelopes if one not in waiting)
        raise PeerUnreachable("no answer: the post is loose")

    def bring(self, sender: Node, receiver: Node, *places: int) -> None:
        """Bring the kept envelopes at these places, counted around, in one request; what comes back gets lost."""
        waiting = self.kept.get(receiver.identity.endpoint, [])
        if not waiting:
            return
        chosen: list[JsonValue] = [waiting[place % len(waiting)] for place in places]
        body = strict_json.dump({"envelopes": chosen})
        url = receiver.identity.endpoint + federation.ENVELOPES
        key = sender.identity.keys.signing
        headers = sign_request("POST", url, CONTENT_TYPE, body, key=key, at=sender.clock.now())
        named = {name.lower(): value for name, value in headers.items()}
        try:
            federation.take_envelopes(receiver, HopRequest(method="POST", target_uri=url, headers=named, body=body))
        except WireError as fault:
            raise AssertionError("an honest sender's request was refused") from fault
