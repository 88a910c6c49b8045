"""What is refused when a service is offered to an organisation, one class for each code that people meet most."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relevo.errors import Reason


class OrganisationUnfit(Refusal):
    """This organisation cannot be offered this service."""

    code = "organisation-unfit"
    rule = "organisation.fits"
    advice = "Look at the proposals for this service; each says what speaks for and against it."


class OrganisationNotNamed(OrganisationUnfit):
    """The person agreed to another organisation than this one."""

    code = "organisation-not-agreed"
    rule = "consent.names-organisation"
    advice = "Offer the service to the organisation that the consent names, or ask the person about this one."


class OrganisationWithheld(OrganisationUnfit):
    """The person does not want this organisation to know."""

    code = "organisation-withheld"
    rule = "consent.withholds"
    advice = "Choose another organisation. Nobody but the person can lift this, by a new consent."


class OrganisationFull(OrganisationUnfit):
    """This organisation has no place left for this service."""

    code = "organisation-full"
    rule = "organisation.capacity"
    advice = "Choose another organisation; if this one takes the person all the same, say why."


class OutsideMandate(OrganisationUnfit):
    """This organisation does not do that, or not for this person."""

    code = "outside-mandate"
    rule = "organisation.mandate"
    advice = "Choose another organisation, or correct what is written about the mandate of this one."


class OutsideArea(OrganisationUnfit):
    """This organisation does not work where the person will live."""

    code = "outside-area"
    rule = "organisation.area"
    advice = "Choose another organisation; if this one goes there all the same, say why."


REFUSALS: Mapping[str, type[OrganisationUnfit]] = MappingProxyType(
    {
        one.code: one
        for one in (OrganisationNotNamed, OrganisationWithheld, OrganisationFull, OutsideMandate, OutsideArea)
    }
)


def refusal(*reasons: Reason) -> OrganisationUnfit:
    """The refusal for these reasons, by the first of them."""
    return REFUSALS.get(reasons[0].code, OrganisationUnfit)(*reasons)
