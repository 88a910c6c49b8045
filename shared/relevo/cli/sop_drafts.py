"""Help for whoever drafts a SOP: the public holidays of a country as lines of the document.

The dates come from the `holidays` library, once, on the machine of whoever writes. They are read, corrected and
signed like the rest of the text; no node ever asks the library, so that both sides and an auditor count the same days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version

from relevo.errors import BadInput

ESTIMATED = "(estimated)"
ABOUT = "# {where}, {years}, as the holidays library {version} has them. Read them before you sign: the SOP decides."
SURE = "# Dates that follow the moon are expected dates, marked as estimated."


def holiday_lines(country: str, years: Sequence[int], subdivision: str | None) -> Iterator[str]:
    """The lines of `holidays = […]` for a calendar of a SOP.

    Raises:
        BadInput: if the library does not know the country, or such a part of it.
    """
    found = _dates(country.upper(), years, subdivision)
    where = "-".join(filter(None, (country.upper(), subdivision)))
    listed = ", ".join(str(year) for year in sorted(set(years)))
    yield ABOUT.format(where=where, years=listed, version=version("holidays"))
    if any(ESTIMATED in name for name in found.values()):
        yield SURE
    yield "holidays = ["
    for day, name in sorted(found.items()):
        yield f"  {day.isoformat()}, # {' '.join(name.split())}"
    yield "]"


def _dates(country: str, years: Sequence[int], subdivision: str | None) -> Mapping[date, str]:
    import holidays  # noqa: PLC0415 - a large library; no other command waits for it

    parts = holidays.list_supported_countries().get(country)
    if parts is None:
        raise BadInput("no holidays are known for this country; give its two letters, such as RS", field="country")
    if subdivision is not None and subdivision not in parts:
        raise BadInput(f"it has these parts: {', '.join(parts) or 'none'}", field="subdivision")
    tongues = holidays.list_localized_countries().get(country, [])
    language = next((one for one in ("en_US", "en_GB") if one in tongues), None)
    return dict(holidays.country_holidays(country, subdiv=subdivision, years=list(years), language=language))
