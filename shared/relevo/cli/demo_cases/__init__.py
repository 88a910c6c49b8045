"""The eight invented cases of the demo, each with what is expected of it."""

from __future__ import annotations

from relevo.cli.demo_cases.confidential import CONFIDENTIAL
from relevo.cli.demo_cases.emergency import EMERGENCY
from relevo.cli.demo_cases.family import FAMILY
from relevo.cli.demo_cases.no_return import NO_RETURN
from relevo.cli.demo_cases.older_person import OLDER_PERSON
from relevo.cli.demo_cases.ordinary import INCOMPLETE, ORDINARY
from relevo.cli.demo_cases.withdrawn import WITHDRAWN

__all__ = ["CASES"]

CASES = (ORDINARY, FAMILY, CONFIDENTIAL, EMERGENCY, INCOMPLETE, NO_RETURN, WITHDRAWN, OLDER_PERSON)
