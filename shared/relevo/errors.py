"""The tree of everything that Relevo refuses.

Each class has a stable `code` (kebab-case, part of the public interface) and an `advice`: what to do next.
No class knows HTTP; `relevo.web.problems` alone maps families to statuses. A `detail` never holds personal data:
it names fields, codes and identifiers of machines, not what somebody wrote into a field.

A refusal also says which rule it enforces, by its word in docs/rules.md (`consent.covers-class`), and where the SOP
says so, by the path in its text (`purposes.reintegration-assistance.required`). Peers are told neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class RelevoError(Exception):
    """Anything that Relevo refuses, with a stable code and what to do next."""

    code: ClassVar[str] = "error"
    advice: ClassVar[str] = "Tell your administrator."
    rule: ClassVar[str] = ""
    clause: str = ""

    def __init__(
        self, detail: str = "", *, field: str | None = None, next_step: str | None = None, clause: str | None = None
    ) -> None:
        self.detail = detail or (type(self).__doc__ or "").split("\n", 1)[0]
        self.field = field
        self.next_step = next_step or self.advice
        self.clause = clause or self.clause
        super().__init__(f"{self.code}: {self.detail}")


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason of a refusal: a stable code, the field it is about, and what to do next.

    `rule` is its word in docs/rules.md; `clause` the path in the SOP that says so, empty where no SOP does.
    """

    code: str
    field: str
    detail: str
    advice: str
    rule: str = ""
    clause: str = ""


class Refusal(RelevoError):
    """A rule says no."""

    code = "refused"
    advice = "Read the reasons; each says what to do next."

    def __init__(self, *reasons: Reason, detail: str = "", field: str | None = None) -> None:
        self.reasons = reasons
        summary = detail or "; ".join(f"{reason.field}: {reason.detail}" for reason in reasons)
        super().__init__(summary, field=field or (reasons[0].field if len(reasons) == 1 else None))


class NotFound(RelevoError):
    """There is no such thing here, or it is not yours to see."""

    code = "not-found"
    advice = "Check the identifier; lists show what you may see."


class Conflict(RelevoError):
    """What is asked contradicts what already stands."""

    code = "conflict"
    advice = "Look at what stands now and decide again."


class Forbidden(RelevoError):
    """Your role may not do this."""

    code = "forbidden"
    rule = "access.roles"
    advice = "Ask somebody whose role allows it; the detail names the roles."


class Unauthenticated(RelevoError):
    """Nobody known asks."""

    code = "unauthenticated"
    advice = "Send the bearer token that `user add` printed."


class BadInput(RelevoError):
    """What was given is not of the form that is needed."""

    code = "bad-input"
    advice = "Correct the field that is named and try again; nothing was stored."


class WireError(RelevoError):
    """Bytes from a peer are not what the protocol says.

    `public` is what the peer is told where that is less than we know (decryption and signature failures are one
    answer on the wire); `final` says that the fault lies in the message itself, so that a signed refusal is due
    and the sender must mend it. Whatever is not final writes nothing and may be tried again.
    """

    code = "malformed"
    advice = "Keep the message; the peer's administrator can see the exact code in the peer's own log."
    public: ClassVar[str | None] = None
    final: ClassVar[bool] = False

    @property
    def wire_code(self) -> str:
        """The code that the peer is told."""
        return self.public or self.code


class Misconfigured(RelevoError):
    """The settings of this node contradict themselves or are not known."""

    code = "misconfigured"
    advice = "Correct the setting that is named; deploy/ has a commented file for each node."
