"""How the seven parts of a record are shown over the API."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from relevo.domain.sop_rules import RecordPart
from relevo.web.operations import Referral


class PartShown(BaseModel):
    """One part of a record: present since, missing since, or expected at."""

    model_config = ConfigDict(from_attributes=True)

    part: RecordPart
    needed: bool
    present_since: datetime | None
    expected_at: datetime | None
    missing_since: datetime | None


class Ended(Referral):
    """A referral that was closed, and the parts of its record that are missing all the same."""

    missing: list[PartShown]
