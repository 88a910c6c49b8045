"""What a node that was restored from a backup says first in the new epoch of its stream."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from relevo.messages.steps_shape import StepPayload

MOST = 2**53 - 1


class StreamRestarted(StepPayload):
    """The epoch that ended, and the last place in it that the sender still knows of."""

    old_epoch: Annotated[int, Field(ge=1, le=MOST, strict=True)]
    last_seq: Annotated[int, Field(ge=0, le=MOST, strict=True)]
