"""What to do about a message that was held back here, or that the other side refused: a sentence for each code.

A peer says a code and nothing else, and its own advice would be for its own people. So these sentences are for the
people of the node whose message it was; the timeline shows them beside the code.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGREED = "Nothing left. Ask the person; if they agree, record a new consent, look at the preview and do it again."
_DANGER = "Nothing left. If the danger goes on and the person cannot be asked, raise a new exception."

HELD: Mapping[str, str] = MappingProxyType(
    {
        "consent-withdrawn": "Nothing left: the person withdrew. Only after a new consent can a new referral be sent.",
        "consent-expired": "Nothing left. Ask the person whether they still agree; once it is renewed, do it again.",
        "consent-withholds": "Nothing left. Look at the preview and do it again: what is withheld now stays.",
        "consent-lacks-class": _AGREED,
        "consent-other-receiver": _AGREED,
        "consent-other-purpose": _AGREED,
        "consent-not-yet": "Nothing left. Correct the date on which the consent was taken, then do it again.",
        "no-consent": _AGREED,
        "no-return": "Nothing left: the person lets nothing of this go to the host. What was recorded stays here.",
        "retention-over": "Nothing left: the referral ended, and its data was erased when its time had come.",
        "entered-in-error": "Nothing left: the referral was a mistake. If one is needed, send a new one.",
        "nothing-left": "Nothing needs to be done: nothing of this referral had ever left.",
        "exception-expired": _DANGER,
        "exception-rejected": "Nothing left: the second person said no. Ask the person for consent.",
        "exception-unreviewed": "Nothing left. Ask another coordinator to review the exception, then do it again.",
        "exception-review-overdue": "Nothing left. Ask another coordinator to review the exception, then do it again.",
    }
)
"""What was held back, and has not left."""

_MOVED_ON = "The other side had moved on. Look at the timeline, and take a step that is allowed now."
_NEWER = "The other side goes by a newer procedure. Cancel this referral and send a new one under it."

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "excess-data": "Nothing was stored: it was more than they may have. Look at the preview, then do it again.",
        "no-return": "Nothing was stored: the person lets nothing of this go to the host.",
        "no-basis": "Nothing was stored: the consent has changed or ended. Look at the consent, then do it again.",
        "consent-expired": "Nothing was stored. Ask the person whether they still agree; once renewed, do it again.",
        "illegal-step": _MOVED_ON,
        "costs-superseded": "Newer costs stand. Look at them, and agree or propose others.",
        "costs-not-proposed": "Those costs do not wait for an answer. Look at the costs that stand now.",
        "everything-erased": "Everything about the person was erased there. Nothing needs to be done.",
        "sop-superseded": _NEWER,
        "sop-not-in-force": "That version is not in force yet. Send the referral under the one that is.",
    }
)
"""What the other side refused for good."""

_RESTORED = "Was this node restored from a backup? Let an administrator look at `epoch show`."
_LATER_VERSION = "Nothing is lost: the other side runs an older version, and takes it once that is renewed."

QUEUED: Mapping[str, str] = MappingProxyType(
    {
        "jti-reused": "Two messages have one identifier: no other try mends that. Phone them, tell your administrator.",
        "seq-reused": _RESTORED,
        "receipt-mismatch": _RESTORED,
        "kind-unknown": _LATER_VERSION,
        "step-unknown": _LATER_VERSION,
        "sop-unknown": "Nothing is lost: it is taken once the other side has agreed the procedure. Remind them of it.",
        "epoch-unknown": "Nothing is lost. The other side's administrator must confirm where the stream goes on.",
        "message-quota": "Nothing is lost: the other side takes no more from here today. Phone them if it is urgent.",
        "storage-quota": "Nothing is lost: the other side has no more room for this node. Phone them if it is urgent.",
        "peer-suspended": "The other side takes nothing from here for now. Phone them if it is urgent.",
        "peer-revoked": "The other side has ended the connection. Bring what must arrive in another way.",
    }
)
"""What the other side answered with a code, and trying again may not be all there is to do."""

FOR_PEOPLE = frozenset({"jti-reused"})
"""What no other try mends, though the message stays queued: people are told at once."""

_HELD = "Nothing left. Look at the preview: it says what stands against it now."
_REFUSED = "The other side stored nothing. Tell your administrator the code, to ask theirs what it was."
_DIFFERS = "It arrived, but the two nodes compute different due times. Tell your administrator."
_TRIED = "Nothing is lost: it is tried again by itself. If it goes on, tell your administrator the code."


def next_step(delivery: str, code: str | None) -> str | None:
    """What to do about a message that stands so; None where it has no problem."""
    if code is None:
        return None
    if delivery == OutboxState.HELD:
        return HELD.get(code, _HELD)
    if delivery == OutboxState.REFUSED:
        return REFUSED.get(code, _REFUSED)
    return _DIFFERS if delivery == OutboxState.STORED else QUEUED.get(code, _TRIED)
