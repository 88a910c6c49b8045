"""A case as a national case system exports it, read into what Relevo works with.

One JSON file is one case, grouped by data class in the exporter's own names:

    host, origin, urgency, confidential?      which way, how soon, and whether under a code
    <data class>: {…} or […]                  what is known, see `case_file_record`
    consent: {…} or […]                       what was agreed, see `case_file_consents`
    exception: {…}                            stays at home: people of this node decide, not a file
    anything else                             stays at home and is listed

All or nothing: either the whole file is understood or `CaseFileInvalid` names the field and nothing is stored. That a
file can be read does not mean that it can be sent: values are judged by `relevo.messages.classes.check`.

Nothing here reads a clock, a disk or a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from host_node.case_file_consents import ConsentDraft, read_consents
from host_node.case_file_json import CaseFileInvalid, Section, read_document, refuse
from host_node.case_file_record import SECTIONS, Import, shape_record
from host_node.case_file_stays import DECIDED_HERE, NO_PLACE, Stay, stay
from relevo.domain.data_classes import DataClass
from relevo.domain.sides import Urgency

if TYPE_CHECKING:
    from pydantic import JsonValue

_NODE = re.compile(r"[a-z]{2}:[a-z0-9-]{1,32}")
_READ = frozenset({"host", "origin", "urgency", "confidential", "exception", DataClass.CONSENT, *SECTIONS})
_REVIEW = "reviewed_by"
_MARK = "sample"


@dataclass(frozen=True, kw_only=True)
class ImportedCase:
    """A case as it was read.

    `record` has our data classes and fields with values that no rule has judged; `stays` what has no place in them;
    `consents` what a counsellor has still to record; `ignored` the paths that count for nothing.
    """

    reference: str
    host: str
    origin: str
    urgency: Urgency
    confidential: bool
    record: dict[str, dict[str, JsonValue]]
    stays: tuple[Stay, ...]
    consents: tuple[ConsentDraft, ...]
    ignored: tuple[str, ...]


def read_case(raw: bytes, *, at: datetime) -> ImportedCase:
    """The case that the bytes of one file are.

    Args:
        raw: a JSON object in UTF-8, at most 1 MiB.
        at: the moment of import; ages are counted on its day, in UTC.

    Raises:
        CaseFileInvalid: naming the field; nothing is half done.
    """
    document, on = read_document(raw), at.astimezone(UTC).date()
    confidential = document.flag("confidential")
    record, stays = shape_record(document, Import(confidential=confidential, on=on))
    consents = read_consents(document, on=on)
    return ImportedCase(
        reference=document.section(DataClass.IDENTITY_MIN).text("reference"),
        host=_node(document, "host"),
        origin=_node(document, "origin"),
        urgency=_urgency(document),
        confidential=confidential,
        record=record,
        stays=(*stays, *consents.stays, *_elsewhere(document)),
        consents=consents.drafts,
        ignored=(*consents.ignored, *_ignored(document)),
    )


def _node(document: Section, name: str) -> str:
    node = document.text(name)
    if not _NODE.fullmatch(node):
        refuse(name, "must be the name of a node, such as ci:accueil")
    return node


def _urgency(document: Section) -> Urgency:
    word = document.text("urgency")
    if word not in frozenset(Urgency):
        refuse("urgency", f"must be one of {', '.join(Urgency)}")
    return Urgency(word)


def _elsewhere(document: Section) -> Iterator[Stay]:
    section = _exception(document)
    for name, value in section.fields.items():
        if name != _REVIEW:
            yield stay(section.at(name), DECIDED_HERE, value)
    for name, value in document.fields.items():
        if name not in _READ and name != _MARK:
            yield stay(document.at(name), NO_PLACE, value)


def _ignored(document: Section) -> Iterator[str]:
    if _REVIEW in _exception(document).fields:
        yield f"exception.{_REVIEW}"
    if _MARK in document.fields:
        yield _MARK


def _exception(document: Section) -> Section:
    if "exception" not in document.fields:
        return Section(path="exception", fields={})
    return document.section("exception")


__all__ = [
    "CaseFileInvalid",
    "ConsentDraft",
    "ImportedCase",
    "Stay",
    "read_case",
]
