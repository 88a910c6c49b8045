"""What each side may ask the other for later, beyond what came with the referral: the procedure's `may_ask`.

Asked when a question names data classes, and again when an answer would carry some. A procedure that does not speak of
it bars nothing here; consent and the classes of the purpose decide in any case.

Source: Reintegration Handbook, 4.1.3 (step 4: what each side may ask for later).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from relevo.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relevo.domain.sides import Side
    from relevo.domain.sop import Sop


class NotToBeAsked(BadInput):
    """The procedure does not let this be asked for later."""

    code = "not-to-be-asked"
    rule = "follow-up.may-ask"
    advice = (
        "Ask or answer in words, without these classes. Where they are needed, both sides agree a new procedure first."
    )


def require_may_ask(sop: Sop, asker: Side, classes: Iterable[str]) -> None:
    """Whether a side may ask the other for these classes.

    Raises:
        NotToBeAsked: naming those for which it may not.
    """
    may = sop.may_ask.get(asker)
    barred = sorted(set(classes) - may) if may is not None else []
    if barred:
        detail = f"by the procedure the {asker} does not ask later for {', '.join(barred)}"
        raise NotToBeAsked(detail, field="classes", clause=f"may_ask.{asker}")
