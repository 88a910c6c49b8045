"""The base of what a step says of itself."""

from __future__ import annotations

from relevo.messages.classes_shape import Strict


class StepPayload(Strict):
    """What one step says; may be empty."""
