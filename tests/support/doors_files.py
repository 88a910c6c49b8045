"""Doors of what people hand in and what peers say in words: files, forms, the content of messages (`support.doors`)."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from host_node.case_file import read_case
from origin_node import organisation_form
from origin_node.cli_organisations import fields_given
from relevo import config
from relevo.cli.contacts import list_in
from relevo.cli.costs import proof_given, read_object
from relevo.domain import costs
from relevo.domain.contact_list import require_sound
from relevo.domain.data_classes import DataClass
from relevo.domain.exception import ExceptionReason, ExceptionTerms
from relevo.domain.sides import Side
from relevo.domain.sop import parse_sop
from relevo.domain.sop_difference import compare
from relevo.domain.sop_summary import summary
from relevo.messages import classes, content
from relevo.messages.cost_lines import sheet_of
from relevo.messages.exception import exception_from_record, exception_record
from relevo.messages.registry import MESSAGES
from relevo.messages.steps import read_payload
from relevo.messages.steps_contacts import ContactListSent
from relevo.protocol import strict_json
from relevo.storage.contacts import contact_list
from support.door import Door, text
from support.hand_made import REQUESTED, STATED, TERMS
from support.wire_pair import AT, HOST_ID, MESSAGE

SHELF = Path(__file__).parents[2] / "shared"
SOP_TEXT = (SHELF / "sops" / "es-ci.toml").read_text(encoding="utf-8")
SETTINGS = b"""node_id = "es:retorno"
title = "Invented"
endpoint = "https://retorno.example"
listen_port = 8001
database = "sqlite:///node.db"
keys = "node.keys"
"""


def _settings(raw: bytes) -> object:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(raw)
        file.flush()
        return config.load("FUZZED_", Path(file.name), {}).model_copy(update={"keys": None, "database": None})


def _object(raw: bytes) -> object:
    with tempfile.NamedTemporaryFile() as file:
        file.write(raw)
        file.flush()
        return read_object(Path(file.name))


def _contacts(suffix: str, raw: bytes) -> object:
    """A contact list that an administrator publishes, as far as it goes without a database."""
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(raw)
        file.flush()
        fields = list_in(Path(file.name))
    sent = read_payload("contact-list", {"as_of": AT.isoformat(), **fields})
    assert isinstance(sent, ContactListSent)
    found = contact_list(HOST_ID, sent)
    require_sound(found, Side.HOST, AT)
    return found


def _sheet(raw: bytes) -> object:
    sheet = sheet_of(strict_json.load(raw))
    reasons = costs.check(sheet, parse_sop(SOP_TEXT).costs, costs.Person())
    return reasons, costs.total(sheet.lines), costs.report_faults(sheet, sheet)


def _said(raw: bytes) -> object:
    """What a peer said, under whatever kind its step belongs to, by whichever side."""
    claims = strict_json.load(raw)
    step = claims.get("step")
    name = step.get("name") if isinstance(step, dict) else None
    row = MESSAGES.get(name) if isinstance(name, str) else None
    speakers = tuple(row.by) if row else tuple(Side)
    return [content.read(claims, kind=row.kind if row else "message", speaker=speaker) for speaker in speakers]


def _class(raw: bytes) -> object:
    return [
        classes.read(name, fields) if isinstance(fields, dict) else None
        for name, fields in strict_json.load(raw).items()
        if name in set(DataClass)
    ]


def _cases() -> tuple[bytes, ...]:
    folder = files("host_node") / "samples"
    return tuple(one.read_bytes() for one in sorted(folder.iterdir(), key=lambda one: one.name))


def _shelf(folder: str) -> tuple[bytes, ...]:
    return tuple(file.read_bytes() for file in sorted((SHELF / folder).glob("*.toml")))


CLASSES = tuple(
    strict_json.dump({name: fields})
    for case in (_cases()[0], _cases()[1], _cases()[7])
    for name, fields in read_case(case, at=AT).record.items()
)
COSTS = strict_json.dump(read_case(_cases()[7], at=AT).record["costs"])
SAID = (
    {"step": REQUESTED, **STATED},
    {"step": {"name": "acknowledged", "by": "case-worker"}, "after": MESSAGE.jti, "seen": MESSAGE.jti},
    {"step": {"name": "costs-planned", "by": "counsellor"}, "costs": strict_json.load(COSTS)},
    {"step": {"name": "closed", "by": "node", "reason": "completed"}},
)
DRAFT = (files("relevo.cli") / "sop_draft.toml").read_text(encoding="utf-8")
CONTACTS = strict_json.dump(
    {
        "organisations": [
            {
                "points": [
                    {
                        "name": "Sample Counsellor One",
                        "role": "counsellor",
                        "languages": ["es", "fr"],
                        "phone": "+34 000 0000 01",
                    }
                ]
            }
        ]
    }
)
EXCEPTION = exception_record(
    ExceptionTerms(
        reason=ExceptionReason.LIFE_AT_RISK,
        attestation=None,
        purpose=TERMS.purpose,
        receiver=TERMS.receiver,
        classes=frozenset({"identity-min", "travel"}),
        raised_at=AT,
        expires_at=AT + timedelta(hours=72),
    )
)
FILE_DOORS: dict[str, Door] = {
    "settings": Door(take=_settings, samples=(SETTINGS,)),
    "sop": Door(take=lambda raw: summary(parse_sop(text(raw))), samples=_shelf("sops")),
    "sop compared": Door(take=lambda raw: compare(SOP_TEXT, text(raw)), samples=_shelf("sops")[-1:]),
    "sop draft": Door(take=lambda raw: compare(text(raw), DRAFT), samples=(DRAFT.encode(),)),
    "contact list in TOML": Door(
        take=lambda raw: _contacts(".toml", raw), samples=((SHELF / "contacts" / "es-retorno.toml").read_bytes(),)
    ),
    "contact list in JSON": Door(take=lambda raw: _contacts(".json", raw), samples=(CONTACTS,)),
    "organisations": Door(take=organisation_form.read_file, samples=_shelf("organisations")),
    "fields of an organisation": Door(
        take=lambda raw: fields_given(text(raw).split("\n")), samples=(b"area=Abidjan\nplaces=housing:12\nactive=no",)
    ),
    "case file": Door(take=lambda raw: read_case(raw, at=AT), samples=_cases()),
    "object of a command": Door(take=_object, samples=(COSTS,)),
    "proof of a cost": Door(
        take=lambda raw: proof_given(text(raw)), samples=(f"0=receipt={SHELF / 'sops' / 'es-ci.toml'}".encode(),)
    ),
    "costs": Door(take=_sheet, samples=(COSTS,)),
    "data class": Door(take=_class, samples=CLASSES),
    "content of a peer": Door(take=_said, samples=tuple(strict_json.dump(one) for one in SAID)),
    "terms of a consent": Door(take=classes.terms_from_record, samples=(classes.terms_record(TERMS),)),
    "terms of an exception": Door(take=exception_from_record, samples=(EXCEPTION,)),
}
