"""What can be wrong with what a sound message says: each attack has a referral or a message of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from origin_node import costs as origin_costs
from origin_node import referrals as origin_referrals
from relevo.domain.access import Role
from relevo.domain.consent import Terms
from relevo.domain.exception import Attestation, ExceptionReason, ExceptionTerms
from relevo.messages.classes import terms_to_fields
from relevo.messages.exception import exception_record
from relevo.protocol import base64url, strict_json
from relevo.protocol.basis import Basis
from relevo.protocol.envelope import content_digest
from relevo.protocol.sop_signature import sign_sop
from relevo.protocol.strict_json import JsonObject, JsonValue
from support.enemy import NEEDLE, NEEDS, Attack, Enemy, token
from support.hand_made import CLASSES, REQUESTED, TERMS, Hand, asking, basis_of, sealed_anew, step, without_basis
from support.nodes import AT, staff

NOBODY = "01a2027b-d680-7c1e-8a4b-1f2e3d4c5b6a"
MEDICAL = replace(TERMS, purpose="medical-continuity", classes=frozenset({"identity-min", "contact", "medication"}))
COSTED = replace(TERMS, classes=CLASSES | {"costs"})
COSTS: JsonObject = {"currency": "EUR", "lines": [{"what": "a tool", "planned": "100", "borne_by": "host"}]}
DANGER = ExceptionTerms(
    reason=ExceptionReason.LIFE_AT_RISK,
    attestation=None,
    purpose=TERMS.purpose,
    receiver=TERMS.receiver,
    classes=frozenset({"identity-min", "contact"}),
    raised_at=AT,
    expires_at=AT + timedelta(hours=72),
)
TOMORROW = Attestation(name=NEEDLE, body="a chamber", number="1", date=AT.date() + timedelta(days=1))
ENDED = replace(TERMS, expires_on=AT.date() - timedelta(days=1))
LONG = replace(TERMS, expires_on=date(2099, 1, 1))
EMERGENCY: JsonObject = {**REQUESTED, "urgency": "emergency"}


def _first(hidden: JsonObject, terms: Terms = TERMS, **changes: str) -> Attack:
    """A first message that says that, under those terms."""

    def attack(enemy: Enemy) -> str:
        hand = replace(enemy.fresh(), basis=basis_of(terms))
        return enemy.bring(hand.seal(hand.write(hidden, **changes)))

    return attack


def _said(hand: Hand, enemy: Enemy, hidden: JsonObject, kind: str, **changes: str) -> str:
    return enemy.bring(hand.seal(hand.write(hidden, kind, **changes)))


def _begun(enemy: Enemy, terms: Terms = TERMS, hidden: JsonObject | None = None) -> Hand:
    """A referral that was taken."""
    hand = replace(enemy.fresh(), basis=basis_of(terms))
    assert _said(hand, enemy, hidden or asking(terms), "requested") == "stored"
    return hand


def _later(kind: str, hidden: JsonObject, terms: Terms = TERMS) -> Attack:
    """The same as the second message of a referral."""
    return lambda enemy: _said(_begun(enemy, terms), enemy, hidden, kind)


def _node(hidden: Callable[[Enemy], JsonObject]) -> Attack:
    """Something between the nodes, about no person."""

    def attack(enemy: Enemy) -> str:
        written = enemy.fresh().write(hidden(enemy), "node", sop="none")
        return enemy.bring(enemy.hand.seal(without_basis(written)))

    return attack


def _excepting(terms: ExceptionTerms | None = None, *, urgency: str = "emergency", **classes: JsonValue) -> Attack:
    """A first message that rests on an exception with those terms; None for a record that is none."""

    def attack(enemy: Enemy) -> str:
        record = exception_record(terms) if terms else strict_json.dump({"reason": NEEDLE})
        basis = Basis(kind="exception", record=record, salt=secrets.token_bytes(32))
        stated = {name: value for name, value in asking().items() if name in {"identity-min", "contact"}}
        hidden = {**stated, **classes, "step": {**EMERGENCY, "urgency": urgency}}
        hand = replace(enemy.fresh(), basis=basis)
        return enemy.bring(hand.seal(hand.write(hidden)))

    return attack


def _plaintext(change: Callable[[JsonObject], JsonObject]) -> Attack:
    return lambda enemy: enemy.bring(sealed_anew(enemy.hand, enemy.written(), change))


def _other_salt(plaintext: JsonObject) -> JsonObject:
    basis = plaintext["basis"]
    assert isinstance(basis, dict)
    return {**plaintext, "basis": {**basis, "salt": base64url.encode(bytes(32))}}


def _payload(*disclosures: list[JsonValue], **members: JsonValue) -> Attack:
    """Content of which the payload has other members, signed and named as it should be."""

    def attack(enemy: Enemy) -> str:
        written = enemy.written()
        head, payload, _ = written.issued.jwt.split(".")
        texts = [base64url.encode(strict_json.dump(one)) for one in disclosures]
        said = {**strict_json.load(base64url.decode(payload)), **members}
        if texts:
            said["_sd"] = sorted(base64url.digest(text.encode()) for text in texts)
        jwt = token(strict_json.load(base64url.decode(head)), strict_json.dump(said), enemy.key)
        message = replace(written.message, content=content_digest(jwt))
        issued = replace(written.issued, jwt=jwt)
        shown = "~".join((jwt, *(texts or issued.disclosures), ""))
        forged = replace(written, message=message, issued=issued)
        return enemy.bring(sealed_anew(enemy.hand, forged, lambda plaintext: {**plaintext, "content": shown}))

    return attack


def _changing(terms: Terms, change: str = "narrowed") -> Attack:
    """A change of consent to these terms, under the salt of the referral."""

    def attack(enemy: Enemy) -> str:
        hand = _begun(enemy)
        hand.basis = replace(basis_of(terms), salt=hand.basis.salt)
        said = step("consent-changed", change=change, taken_at="2026-11-22T08:00:00Z")
        return _said(hand, enemy, {"step": said, "consent": dict(terms_to_fields(terms))}, "message")

    return attack


def _superseded(enemy: Enemy) -> str:
    """Agreeing to costs which the origin has replaced, and saying that the newer ones were seen."""
    hand = _begun(enemy, COSTED, _asking_for_housing())
    origin, proposed = enemy.hand.receiver, []
    for amount in ("100", "200"):
        lines = [{"what": "a tool", "planned": amount, "borne_by": "host"}]
        with origin.write(staff(Role.INTAKE)) as work:
            row = origin_costs.plan(work, hand.thread, {"currency": "EUR", "lines": lines})
            proposed.append(str(row.own_last))
    said = {"step": step("costs-agreed", of=proposed[0]), "seen": proposed[1]}
    return _said(hand, enemy, said, "message")


def _asking_for_housing() -> JsonObject:
    return asking(COSTED, needs={**NEEDS, "social": ["housing"], "intentions": "a workshop"})


def _costs(name: str, classes: JsonObject, **words: JsonValue) -> Attack:
    def attack(enemy: Enemy) -> str:
        hand = _begun(enemy, COSTED, _asking_for_housing())
        return _said(hand, enemy, {"step": step(name, **words), **classes}, "message")

    return attack


def _spent(enemy: Enemy) -> str:
    """Costs that were spent before anybody agreed to any, in a referral that was accepted."""
    hand = _begun(enemy, COSTED, _asking_for_housing())
    with enemy.hand.receiver.write(staff(Role.INTAKE)) as work:
        origin_referrals.acknowledge(work, hand.thread)
        accepted = origin_referrals.accept(work, hand.thread).own_last
    return _said(hand, enemy, {"step": step("costs-reported"), "costs": COSTS, "seen": str(accepted)}, "message")


def _medical() -> JsonObject:
    items: JsonValue = [{"drug": "insulin", "dose": "18 units", "regime": "evening", "supply_ends": "2027-01-01"}]
    return asking(MEDICAL, step={**REQUESTED, "purpose": MEDICAL.purpose}, medication={"items": items}, without="needs")


def _answered(enemy: Enemy) -> str:
    hand = _begun(enemy, MEDICAL, _medical())
    return _said(hand, enemy, {"step": step("medical-answer", to=NOBODY, answer=NEEDLE)}, "message")


def _withdrawn(enemy: Enemy) -> str:
    """Data of somebody who has withdrawn."""
    hand = _begun(enemy)
    assert _said(hand, enemy, {"step": step("withdrawn", scope="all")}, "withdrawn") == "stored"
    return _said(hand, enemy, {"step": step("answered", answer="x"), "needs": NEEDS}, "message")


def _not_rising(enemy: Enemy) -> str:
    hand = _begun(enemy)
    late = {"step": step("departed", at=AT.isoformat()), "after": str(hand.last)}
    return _said(hand, enemy, late, "message", jti="01000000-0000-7c1e-8a4b-1f2e3d4c5b6a")


def _begun_late(enemy: Enemy) -> str:
    """A referral that is brought after its withdrawal."""
    hand = replace(enemy.fresh(), basis=basis_of(TERMS))
    begins = hand.seal(hand.write(asking(needs=NEEDS)))
    assert _said(hand, enemy, {"step": step("withdrawn", scope="all")}, "withdrawn") == "thread-unknown"
    return enemy.bring(begins)


def _proposing(text: str, signed: str = "") -> Callable[[Enemy], JsonObject]:
    """A procedure proposed; `signed` if the signature is under another text."""

    def hidden(enemy: Enemy) -> JsonObject:
        raw = (signed or text).encode()
        signature = sign_sop(raw, enemy.key, iss="es:retorno", aud="ci:accueil", at=enemy.hand.now)
        return {"step": {**step("sop-proposed", sop=text, signature=signature), "by": "administrator"}}

    return hidden


def _agreed_anew(enemy: Enemy) -> JsonObject:
    """The version that is agreed, in other words."""
    return _proposing(enemy.sop_text + f"\n# {NEEDLE}\n")(enemy)


def _accepting(enemy: Enemy) -> JsonObject:
    signature = sign_sop(b"x", enemy.key, iss="es:retorno", aud="ci:accueil", at=enemy.hand.now)
    return {"step": {**step("sop-accepted", sop_digest="A" * 43, signature=signature), "by": "administrator"}}


def _contacts(_enemy: Enemy) -> JsonObject:
    """A list that speaks for an organisation behind somebody else."""
    point: JsonObject = {"name": NEEDLE, "role": "counsellor", "languages": ["fr"], "phone": "1", "on_duty": True}
    listed: JsonObject = {"organisation": "ci:accueil/housing-desk", "points": [point]}
    return {"step": step("contact-list", as_of=AT.isoformat(), organisations=[listed])}


RULES: Mapping[str, tuple[Attack, str]] = {
    "a plaintext of other members": (_plaintext(lambda plaintext: {**plaintext, "x": NEEDLE}), "malformed-plaintext"),
    "a basis under another salt": (_plaintext(_other_salt), "basis-mismatch"),
    "content of another algorithm": (_payload(_sd_alg="sha-512"), "malformed-sd-jwt"),
    "content that hides its issuer": (_payload(["A" * 22, "iss", NEEDLE]), "claim-name-collision"),
    "content bound to another key": (
        _payload(cnf={"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}}),
        "content-mismatch",
    ),
    "a channel that there is not": (
        _first(asking(contact={"channel": "pigeon", "number": NEEDLE})),
        "malformed-content",
    ),
    "an identifier that does not rise": (_not_rising, "malformed-content"),
    "a step of the other side": (_first({**asking(needs=NEEDS), "step": step("accepted")}), "step-misplaced"),
    "a step under the kind of another": (
        _later("closed", {"step": step("departed", at=AT.isoformat())}),
        "step-misplaced",
    ),
    "words that are not of the step": (_first(asking(step={**REQUESTED, "why": NEEDLE})), "step-invalid"),
    "a step that nobody knows": (_first(asking(needs=NEEDS, step={**REQUESTED, "name": "foretold"})), "step-unknown"),
    "a SOP that is not agreed": (_first(asking(needs=NEEDS), sop="A" * 43), "sop-unknown"),
    "a message before it that never came": (
        _later("message", {"step": step("departed", at=AT.isoformat()), "after": NOBODY}),
        "predecessor-missing",
    ),
    "a referral that never began": (
        lambda enemy: _said(enemy.fresh(), enemy, {"step": step("cancelled", reason=NEEDLE)}, "closed"),
        "thread-unknown",
    ),
    "a referral that was withdrawn before it came": (_begun_late, "begun-too-late"),
    "no terms of a consent": (_first(asking(needs=NEEDS, without="consent")), "no-basis"),
    "data after a withdrawal": (_withdrawn, "no-basis"),
    "a consent that has ended": (
        _first(asking(ENDED, needs=NEEDS), ENDED),
        "consent-expired",
    ),
    "a consent without end": (
        _first(asking(LONG, needs=NEEDS), LONG),
        "consent-rule",
    ),
    "a narrowing that widens": (_changing(replace(TERMS, classes=CLASSES | {"skills"})), "consent-change"),
    "a step that cannot follow": (_later("message", {"step": step("answered", answer=NEEDLE)}), "illegal-step"),
    "an exception that says nothing": (_excepting(), "exception-invalid"),
    "an exception for something routine": (_excepting(DANGER, urgency="routine"), "exception-not-emergency"),
    "a suicide risk that nobody attests": (
        _excepting(replace(DANGER, reason=ExceptionReason.SUICIDE_RISK)),
        "exception-unattested",
    ),
    "an attestation of tomorrow": (_excepting(replace(DANGER, attestation=TOMORROW)), "exception-attestation-date"),
    "an exception for what saves nobody": (
        _excepting(replace(DANGER, classes=DANGER.classes | {"needs"}), needs=NEEDS),
        "exception-excess",
    ),
    "an exception for a year": (
        _excepting(replace(DANGER, expires_at=AT + timedelta(days=365))),
        "exception-too-long",
    ),
    "an exception that has run out": (
        _excepting(replace(DANGER, raised_at=AT - timedelta(days=9), expires_at=AT - timedelta(days=8))),
        "exception-expired",
    ),
    "an agreement to costs that nobody proposed": (_costs("costs-agreed", {}, of=NOBODY), "costs-not-proposed"),
    "an agreement to costs that were replaced": (_superseded, "costs-superseded"),
    "costs that were spent before anybody agreed": (_spent, "costs-not-agreed"),
    "costs in another currency": (
        _costs("costs-planned", {"costs": {**COSTS, "currency": "XAU"}}),
        "costs-unfit",
    ),
    "a question of clinicians where they do not speak": (
        _later("message", {"step": step("medical-question", question=NEEDLE)}),
        "not-medical-continuity",
    ),
    "an answer to what no clinician asked": (_answered, "medical-question-unknown"),
    "contacts of somebody else's desk": (_node(_contacts), "contacts-invalid"),
    "a procedure that is none": (_node(_proposing(f"{NEEDLE} =")), "sop-invalid"),
    "a procedure signed under another text": (_node(_proposing("x = 1", "x = 2")), "sop-changed"),
    "a procedure that cannot follow": (_node(_agreed_anew), "sop-not-next"),
    "an acceptance of what nobody proposed": (_node(_accepting), "sop-not-offered"),
}
