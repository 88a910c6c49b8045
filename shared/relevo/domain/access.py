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
    CLINICIAN = "clinician"
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
    CLEAR_CONTACT = "clear-contact"
    SECURE_MEDICATION = "secure-medication"
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
    PRINT_SHEET = "print-sheet"
    REVIEW_BEST_INTERESTS = "review-best-interests"
    READ_RECORD = "read-record"
    REASSESS = "reassess"
    CORRECT = "correct"
    AGREE_PLAN = "agree-plan"
    PLAN_COSTS = "plan-costs"
    AGREE_COSTS = "agree-costs"
    REPORT_COSTS = "report-costs"
    ASK_CLINICIAN = "ask-clinician"
    ANSWER_CLINICIAN = "answer-clinician"
    READ_CLINICAL = "read-clinical"
    MANAGE_ORGANISATIONS = "manage-organisations"
    ANSWER_OFFER = "answer-offer"
    READ_OWN_PART = "read-own-part"
    CONFIRM_ERASURE = "confirm-erasure"
    LIST_TASKS = "list-tasks"
    READ_ACCESS_LOG = "read-access-log"
    PUBLISH_CONTACTS = "publish-contacts"
    READ_CONTACTS = "read-contacts"
    RUN_RETENTION = "run-retention"
    MANAGE_KEYS = "manage-keys"


_HOST_STAFF = frozenset({Role.COUNSELLOR, Role.COORDINATOR})
_INTAKE = frozenset({Role.INTAKE})
_ORIGIN_STAFF = frozenset({Role.INTAKE, Role.CASE_WORKER})
_CASE_STAFF = _HOST_STAFF | _ORIGIN_STAFF
_CASE_LEADS = _HOST_STAFF | _INTAKE
_CLINICIAN = frozenset({Role.CLINICIAN})
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
        Act.READ_TIMELINE: _CASE_STAFF | _CLINICIAN,
        Act.LIST: _CASE_STAFF | _CLINICIAN,
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
        Act.CLEAR_CONTACT: _INTAKE,
        Act.SECURE_MEDICATION: _ORIGIN_STAFF | _CLINICIAN,
        Act.REPORT_FOLLOW_UP: _ORIGIN_STAFF,
        Act.REPORT_SERVICE: _ORIGIN_STAFF,
        Act.START: _ORIGIN_STAFF,
        Act.HOLD: _ORIGIN_STAFF,
        Act.COMPLETE: _ORIGIN_STAFF,
        # Evidence holds no personal data, so whoever leads a case may hand it out as well.
        Act.EXPORT_EVIDENCE: _AUDITOR | _CASE_LEADS,
        Act.VERIFY_EVIDENCE: frozenset(Role),
        Act.READ_LOG: _AUDITOR | _ADMINISTRATOR,
        # What two clinicians ask and tell each other; nobody else reads it.
        Act.ASK_CLINICIAN: _CLINICIAN,
        Act.ANSWER_CLINICIAN: _CLINICIAN,
        Act.READ_CLINICAL: _CLINICIAN,
        # Consent on paper, what was sent to whom, and whether it is good for a child.
        Act.PRINT_SHEET: _CASE_STAFF,
        Act.REVIEW_BEST_INTERESTS: frozenset({Role.COORDINATOR}),
        # The record: what the host stated, what the origin found, the plan and its costs.
        Act.READ_RECORD: _CASE_STAFF | _CLINICIAN,
        Act.REASSESS: _ORIGIN_STAFF | _CLINICIAN,
        Act.CORRECT: _HOST_STAFF,
        Act.AGREE_PLAN: _ORIGIN_STAFF,
        Act.PLAN_COSTS: _CASE_LEADS,
        Act.AGREE_COSTS: _CASE_LEADS,
        Act.REPORT_COSTS: _CASE_STAFF,
        # Partner organisations: who they are, what they answer, and that they erased what they were given.
        Act.MANAGE_ORGANISATIONS: _ADMINISTRATOR | _INTAKE,
        Act.ANSWER_OFFER: _ORIGIN_STAFF,
        Act.READ_OWN_PART: frozenset({Role.CASE_WORKER, Role.CLINICIAN}),
        Act.CONFIRM_ERASURE: _ORIGIN_STAFF,
        # Everybody who does something has a list of what is due.
        Act.LIST_TASKS: frozenset(Role) - _AUDITOR,
        Act.READ_ACCESS_LOG: _AUDITOR,
        # The node itself.
        Act.RUN_RETENTION: frozenset({Role.COORDINATOR, Role.INTAKE}) | _ADMINISTRATOR,
        Act.PUBLISH_CONTACTS: _ADMINISTRATOR,
        Act.READ_CONTACTS: _CASE_STAFF | _CLINICIAN | _ADMINISTRATOR,
        Act.REGISTER_PEER: _ADMINISTRATOR,
        Act.MANAGE_KEYS: _ADMINISTRATOR,
        Act.AGREE_SOP: _ADMINISTRATOR,
        Act.MANAGE_USERS: _ADMINISTRATOR,
    }
)


def require_role(role: Role, act: Act, *, here: frozenset[Role] = frozenset(Role)) -> None:
    """Whether `role` may do `act` at a node that has the roles `here`.

    Raises:
        Forbidden: if not; the detail names the roles there that may.
    """
    if role not in MAY[act]:
        others = ", ".join(sorted(MAY[act] & here))
        raise Forbidden(f"{role} may not {act}; these may: {others or 'none at this node'}")
