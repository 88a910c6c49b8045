"""One changed byte, wherever it is, is refused, each with a code of its own.

What a peer is told of decryption and signatures is one word, `unreadable`; the receiver's own log has the exact code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import select

from relevo.delivery import federation
from relevo.delivery.courier import Courier
from relevo.delivery.transport import Answer
from relevo.errors import WireError
from relevo.protocol import base64url, jws, strict_json
from relevo.protocol.basis import NONE
from relevo.protocol.envelope import Envelope, content_digest
from relevo.protocol.evidence import Evidence, EvidenceMessage
from relevo.protocol.evidence_log import EvidenceEntry
from relevo.protocol.hop import HopRequest, sign_answer
from relevo.protocol.manifest import TYP
from relevo.protocol.sop_signature import sign_sop
from relevo.protocol.strict_json import JsonObject
from relevo.protocol.verification import verify_evidence
from relevo.storage.tables import OutboxRow, PeerRow
from support.hand_made import MARKER, Hand, Written, asking, sealed_anew, step
from support.meddling import Meddler, changed_body, one_byte_changed, one_letter_changed
from support.nodes import SOP
from support.story import Story
from support.traces import count_of, file_of, traces

PAYLOAD, SIGNATURE = 1, 2
"""Places of a token's parts."""


def _in_token(token: str, part: int) -> str:
    parts = token.split(".")
    parts[part] = one_letter_changed(parts[part], len(parts[part]) // 2)
    return ".".join(parts)


def _manifest(part: int) -> Callable[[Hand, Written], Envelope]:
    def change(hand: Hand, written: Written) -> Envelope:
        honest = hand.seal(written)
        return replace(honest, manifest=_in_token(honest.manifest, part))

    return change


def _sealed(hand: Hand, written: Written) -> Envelope:
    honest = hand.seal(written)
    return replace(honest, sealed=one_byte_changed(honest.sealed))


def _sealed_and_named(hand: Hand, written: Written) -> Envelope:
    """The manifest is made to name the changed bytes."""
    changed = _sealed(hand, written)
    named = strict_json.load(base64url.decode(changed.manifest.split(".")[PAYLOAD]))
    named["sealed"] = base64url.digest(changed.sealed)
    return replace(changed, manifest=jws.sign(strict_json.dump(named), hand.sender.identity.keys.signing, TYP))


def _content(part: int) -> Callable[[Hand, Written], Envelope]:
    def change(hand: Hand, written: Written) -> Envelope:
        spoilt = _in_token(written.issued.jwt, part)
        return sealed_anew(hand, written, lambda plain: _replaced(plain, written.issued.jwt, spoilt))

    return change


def _content_and_named(hand: Hand, written: Written) -> Envelope:
    """The manifest is made to name the changed content."""
    issued = replace(written.issued, jwt=_in_token(written.issued.jwt, SIGNATURE))
    return hand.seal(
        replace(written, issued=issued, message=replace(written.message, content=content_digest(issued.jwt)))
    )


def _disclosure(hand: Hand, written: Written) -> Envelope:
    one = written.issued.disclosures[-1]
    return sealed_anew(hand, written, lambda plain: _replaced(plain, one, one_letter_changed(one, len(one) // 2)))


def _basis(hand: Hand, written: Written) -> Envelope:
    record, salt = one_byte_changed(hand.basis.record), hand.basis.salt
    other: JsonObject = {"kind": "consent", "record": base64url.encode(record), "salt": base64url.encode(salt)}
    return sealed_anew(hand, written, lambda plain: {**plain, "basis": other})


def _plaintext(hand: Hand, written: Written) -> Envelope:
    return sealed_anew(hand, written, lambda plain: {**plain, "and": "more"})


def _replaced(plain: JsonObject, old: str, new: str) -> JsonObject:
    return {**plain, "content": str(plain["content"]).replace(old, new)}


ENVELOPES: dict[str, tuple[Callable[[Hand, Written], Envelope], tuple[str, str], str]] = {
    "the manifest": (_manifest(PAYLOAD), ("problem", "unreadable"), "bad-signature"),
    "the manifest's signature": (_manifest(SIGNATURE), ("problem", "unreadable"), "bad-signature"),
    "the ciphertext": (_sealed, ("problem", "unreadable"), "sealed-changed"),
    "the ciphertext, and the manifest names it so": (
        _sealed_and_named,
        ("problem", "unreadable"),
        "decryption-failed",
    ),
    "the content": (_content(PAYLOAD), ("refused", "content-mismatch"), "content-mismatch"),
    "the content's signature": (_content(SIGNATURE), ("refused", "content-mismatch"), "content-mismatch"),
    "the content's signature, and the manifest names it so": (
        _content_and_named,
        ("problem", "unreadable"),
        "bad-signature",
    ),
    "a disclosure": (_disclosure, ("refused", "bad-disclosure"), "bad-disclosure"),
    "the consent record": (_basis, ("refused", "basis-mismatch"), "basis-mismatch"),
    "what was sealed": (_plaintext, ("refused", "malformed-plaintext"), "malformed-plaintext"),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_envelope_is_refused_after_a_change_in(name: str, hand: Hand) -> None:
    change, told, exact = ENVELOPES[name]
    envelope = change(hand, hand.write(asking()))
    with structlog.testing.capture_logs() as logged:
        (answered,) = hand.bring(envelope)
    assert answered.told == told
    assert [event["code"] for event in logged] == [exact]
    assert count_of(hand.receiver)["referral"] == 0
    assert traces(file_of(hand.receiver), [MARKER]) == []


def test_a_request_with_a_changed_body_is_not_read(hand: Hand) -> None:
    request = hand.request(hand.seal(hand.write(asking())))
    before = count_of(hand.receiver, "refused_item")
    with pytest.raises(WireError) as refused:
        federation.take_envelopes(hand.receiver, replace(request, body=one_byte_changed(request.body)))
    assert refused.value.code == "hop-digest-mismatch"
    assert count_of(hand.receiver, "refused_item") == before


def test_a_request_is_not_read_at_another_address(hand: Hand) -> None:
    request = hand.request(hand.seal(hand.write(asking())))
    with pytest.raises(WireError) as refused:
        federation.take_envelopes(hand.receiver, replace(request, target_uri=f"{request.target_uri}/"))
    assert refused.value.code == "hop-bad-signature"


def test_a_message_stays_queued_when_its_request_is_changed_on_the_way(story: Story) -> None:
    story.send(deliver=False)
    Courier(story.nodes.host, Meddler(transport=story.nodes.transport, request=one_byte_changed)).run_once()
    assert _stands(story) == ("queued", None, "peer-refused")
    story.later(hours=1)
    story.nodes.deliver()
    assert _stands(story) == ("stored", None, None)


def test_a_message_stays_queued_when_the_answer_is_changed_on_the_way(story: Story) -> None:
    story.send(deliver=False)
    Courier(story.nodes.host, Meddler(transport=story.nodes.transport, answer=changed_body)).run_once()
    assert _stands(story) == ("queued", None, "hop-digest-mismatch")


def test_a_changed_receipt_counts_for_nothing_even_if_the_receiver_signed_the_answer(story: Story) -> None:
    def spoil(answer: Answer, request: HopRequest) -> Answer:
        document = strict_json.load(answer.body)
        for result in document["results"] if isinstance(document["results"], list) else []:
            assert isinstance(result, dict)
            result["receipt"] = _in_token(str(result["receipt"]), SIGNATURE)
        return _signed_again(strict_json.dump(document), request)

    def _signed_again(body: bytes, request: HopRequest) -> Answer:
        key, at = story.nodes.origin.identity.keys.signing, story.nodes.clock.now()
        headers = sign_answer(200, "application/json", body, request=request, key=key, at=at)
        return Answer(status=200, headers={name.lower(): value for name, value in headers.items()}, body=body)

    story.send(deliver=False)
    Courier(story.nodes.host, Meddler(transport=story.nodes.transport, answer=spoil)).run_once()
    assert _stands(story) == ("queued", "bad-signature", None)
    story.later(hours=1)
    story.nodes.deliver()
    assert _stands(story) == ("stored", None, None)


def _stands(story: Story) -> tuple[str, str | None, str | None]:
    """How the referral's message stands, and the last problem with the peer."""
    with story.nodes.host.read() as work:
        (row,) = work.session.scalars(select(OutboxRow).where(OutboxRow.thread == story.thread))
        return row.state, row.problem, work.session.get_one(PeerRow, row.peer).last_problem


def test_a_sop_is_not_taken_under_a_signature_for_another_text(hand: Hand) -> None:
    text = SOP.read_text(encoding="utf-8")
    changed = text.replace("version = 1", "version = 2")
    iss, aud = hand.sender.identity.node_id, hand.receiver.identity.node_id
    signature = sign_sop(text.encode(), hand.sender.identity.keys.signing, iss=iss, aud=aud, at=hand.now)
    before = count_of(hand.receiver)["sop"]
    written = hand.write({"step": step("sop-proposed", sop=changed, signature=signature)}, "node", sop=NONE)
    message = replace(written.message, basis=NONE)
    (answered,) = hand.bring(hand.seal(replace(written, message=message, basis=None)))
    assert answered.told == ("refused", "sop-changed")
    assert count_of(hand.receiver)["sop"] == before


def _shown_first(change: Callable[[EvidenceMessage], EvidenceMessage]) -> Callable[[Evidence], Evidence]:
    """Changes the first message that is shown."""

    def changed(evidence: Evidence) -> Evidence:
        first, *rest = evidence.messages
        return replace(evidence, messages=(change(first), *rest))

    return changed


def _logged_first(change: Callable[[EvidenceEntry], EvidenceEntry]) -> Callable[[Evidence], Evidence]:
    """Changes the first log entry that is shown."""

    def changed(evidence: Evidence) -> Evidence:
        first, *rest = evidence.entries
        return replace(evidence, entries=(change(first), *rest))

    return changed


def _checkpoint(evidence: Evidence) -> Evidence:
    origin, size, *rest = evidence.checkpoint.split("\n")
    return replace(evidence, checkpoint="\n".join((origin, str(int(size) + 1), *rest)))


def _sop(evidence: Evidence) -> Evidence:
    (sop,) = evidence.sops
    return replace(evidence, sops=(replace(sop, text=sop.text.replace("version = 1", "version = 2")),))


EVIDENCE: dict[str, tuple[Callable[[Evidence], Evidence], str]] = {
    "a manifest": (
        _shown_first(lambda one: replace(one, manifest=_in_token(one.manifest, PAYLOAD))),
        "bad-signature",
    ),
    "a content": (
        _shown_first(lambda one: replace(one, content=_in_token(one.content, PAYLOAD))),
        "bad-signature",
    ),
    "a receipt": (
        _shown_first(lambda one: replace(one, receipt=_in_token(str(one.receipt), PAYLOAD))),
        "bad-signature",
    ),
    "a log record": (
        _logged_first(lambda one: replace(one, record=one_byte_changed(one.record))),
        "log-proof-failed",
    ),
    "the salt of a log record": (
        _logged_first(lambda one: replace(one, salt=one_byte_changed(one.salt))),
        "log-proof-failed",
    ),
    "the checkpoint": (_checkpoint, "checkpoint-bad-signature"),
    "the text of the SOP": (_sop, "sop-changed"),
}


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_fails_after_a_change_in(name: str, sent: Story) -> None:
    change, code = EVIDENCE[name]
    for node in sent.nodes.both:
        honest = sent.evidence(node)
        assert verify_evidence(honest).ok
        assert code in {line.code for line in verify_evidence(change(honest)).failures}
