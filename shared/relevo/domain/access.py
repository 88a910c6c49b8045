"""Who may do what: one table of acts and roles for both nodes (handbook, section 4.2.1).

A role is what somebody is at this node; that the act belongs to this node at all, and to this case, is asked
elsewhere. Auditors read evidence, the log and the list of exceptions, in which there is no personal data, and nothing
else. Administrators look after peers, procedures and users and do not touch cases.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(StrEnum):
    """What somebody is at a node; mission, "Who uses it"."""

    COUNSELLOR = "counsellor"
    COORDINATOR = "coordinator"
    INTAKE = "intake"
    CASE_WORKER = "case-worker"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Act(StrEnum):
    """What somebody wants to do: the verbs of both nodes."""

    IMPORT_CASE = "import-case"
    RECORD_CONSENT = "record-consent"
    WITHDRAW_CONSENT = "withdraw-consent"
    PREVIEW = "preview"
    SEND = "send"
    ANSWER_QUESTION = "answer-question"
    CHANGE_JOURNEY = "change-journey"
    CANCEL = "cancel"
    READ_TIMELINE = "read-timeline"
    LIST = "list"
    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    DECLINE = "decline"
    ASK = "ask"
    WAITLIST = "waitlist"
    ANSWER_CANCELLATION = "answer-cancellation"
    START = "start"
    HOLD = "hold"
    CONFIRM_ARRIVAL = "confirm-arrival"
    RECORD_FIRST_CONTACT = "record-first-contact"
    REPORT_FOLLOW_UP = "report-follow-up"
    ASSIGN_SERVICE = "assign-service"
    REPORT_SERVICE = "report-service"
    COMPLETE = "complete"
    CLOSE = "close"
    REOPEN = "reopen"
    ERASE = "erase"
    MARK_ENTERED_IN_ERROR = "mark-entered-in-error"
    EXPORT_EVIDENCE = "export-evidence"
    VERIFY_EVIDENCE = "verify-evidence"
    READ_LOG = "read-log"
    REGISTER_PEER = "register-peer"
    AGREE_SOP = "agree-sop"
    MANAGE_USERS = "manage-users"
    RAISE_EXCEPTION = "raise-exception"
    REVIEW_EXCEPTION = "review-exception"
    TELL_PERSON = "tell-person"
    LIST_EXCEPTIONS = "list-exceptions"


_HOST_STAFF = frozenset({Role.COUNSELLOR, Role.COORDINATOR})
_INTAKE = frozenset({Role.INTAKE})
_ORIGIN_STAFF = frozenset({Role.INTAKE, Role.CASE_WORKER})
_CASE_STAFF = _HOST_STAFF | _ORIGIN_STAFF
_CASE_LEADS = _HOST_STAFF | _INTAKE
_AUDITOR = frozenset({Role.AUDITOR})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})

MAY: Mapping[Act, frozenset[Role]] = MappingProxyType(
    {
        # At the host.
        Act.IMPORT_CASE: _HOST_STAFF,
        Act.PREVIEW: _HOST_STAFF,
        Act.SEND: _HOST_STAFF,
        Act.ANSWER_QUESTION: _HOST_STAFF,
        Act.CHANGE_JOURNEY: _HOST_STAFF,
        Act.CANCEL: _HOST_STAFF,
        Act.MARK_ENTERED_IN_ERROR: _HOST_STAFF,
        # Without consent, at the host: one raises it, another reviews it, auditors see that it was so.
        Act.RAISE_EXCEPTION: _HOST_STAFF,
        Act.REVIEW_EXCEPTION: frozenset({Role.COORDINATOR}),
        Act.TELL_PERSON: _HOST_STAFF,
        Act.LIST_EXCEPTIONS: _AUDITOR | frozenset({Role.COORDINATOR}),
        # At either side: a person may speak of consent to whoever sits with them.
        Act.RECORD_CONSENT: _CASE_STAFF,
        Act.WITHDRAW_CONSENT: _CASE_STAFF,
        Act.READ_TIMELINE: _CASE_STAFF,
        Act.LIST: _CASE_STAFF,
        Act.ERASE: _CASE_LEADS,
        # At the origin, whoever decides.
        Act.ACKNOWLEDGE: _INTAKE,
        Act.ACCEPT: _INTAKE,
        Act.DECLINE: _INTAKE,
        Act.ASK: _INTAKE,
        Act.WAITLIST: _INTAKE,
        Act.ANSWER_CANCELLATION: _INTAKE,
        Act.ASSIGN_SERVICE: _INTAKE,
        Act.CLOSE: _INTAKE,
        Act.REOPEN: _INTAKE,
        # At the origin, whoever meets the person.
        Act.CONFIRM_ARRIVAL: _ORIGIN_STAFF,
        Act.RECORD_FIRST_CONTACT: _ORIGIN_STAFF,
        Act.REPORT_FOLLOW_UP: _ORIGIN_STAFF,
        Act.REPORT_SERVICE: _ORIGIN_STAFF,
        Act.START: _ORIGIN_STAFF,
        Act.HOLD: _ORIGIN_STAFF,
        Act.COMPLETE: _ORIGIN_STAFF,
        # Evidence holds no personal data, so whoever leads a case may hand it out as well.
        Act.EXPORT_EVIDENCE: _AUDITOR | _CASE_LEADS,
        Act.VERIFY_EVIDENCE: frozenset(Role),
        Act.READ_LOG: _AUDITOR | _ADMINISTRATOR,
        # The node itself.
        Act.REGISTER_PEER: _ADMINISTRATOR,
        Act.AGREE_SOP: _ADMINISTRATOR,
        Act.MANAGE_USERS: _ADMINISTRATOR,
    }
)


def require_role(role: Role, act: Act) -> None:
    """Whether `role` may do `act`.

    Raises:
        Forbidden: if not; the detail names the roles that may.
    """
    if role not in MAY[act]:
        raise Forbidden(f"{role} may not {act}; these may: {', '.join(sorted(MAY[act]))}")
