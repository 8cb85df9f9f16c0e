"""The two texts of a research bundle: what is what and how to load it, and a paragraph of methods for a paper."""

from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from analytics.ledger import VALID
from analytics.period_words import valid_night_words
from analytics.wording import day, number, of, plural, quantity, span
from reports.bundle_part import BundleAbout
from reports.bundle_tally import Tally
from reports.definitions import definition

_DEFINED: Final = ("tib_min", "tst_min", "se_pct", "se_known_pct", "sol_min", "waso_min", "awakenings", "sri")
"""What a paper mostly reports, by its names in docs/definitions.md."""


def read_me(about: BundleAbout, tally: Tally) -> bytes:
    """`README.md`, for somebody who has never seen Nocturne."""
    missing = len(tally.unserved)
    return _filled(
        "bundle_readme.md.j2",
        about=about,
        counts=f"{_people(tally.people)}, {plural(tally.sleeps, 'sleep')}.",
        unserved=plural(missing, "more person", "more people") if missing else "",
    )


def methods(about: BundleAbout, tally: Tally) -> bytes:
    """`methods.md`: how the nights came to be what they are, with the numbers of this bundle."""
    ledger = tally.ledger
    left_out = ledger.recorded_nights - ledger.valid_nights
    return _filled(
        "bundle_methods.md.j2",
        about=about,
        people=_people(tally.people),
        span=span(about.first, about.last),
        sessions=plural(ledger.recorded, "session"),
        recorded_nights=plural(ledger.recorded_nights, "night"),
        bridge=quantity(about.nights.bridge_min, "min"),
        validity=valid_night_words(about.nights),
        valid_of_recorded=of(ledger.valid_nights, ledger.recorded_nights),
        people_of_people=of(tally.people_with_nights, tally.people),
        left_out=plural(left_out, "night was", "nights were"),
        vendor_of_valid=of(tally.vendor_nights, ledger.valid_nights) if tally.vendor_nights else "",
        naps=plural(tally.naps, "nap is", "naps are") if tally.naps else "",
        software=" ".join(["Nocturne", about.software.get("version", "")]).strip(),
        made_on=day(about.made_at.date(), weekday=False),
        definitions=[(name, definition(name)) for name in _DEFINED],
        exclusions=[
            (number(each.nights, 0), each.reason, each.code)
            for each in ledger.exclusions
            if each.step == VALID and each.nights
        ],
    )


def _people(count: int) -> str:
    return plural(count, "person", "people")


def _filled(template: str, **words: Any) -> bytes:
    return _templates().get_template(template).render(**words).encode()


@cache
def _templates() -> Environment:
    # Plain text for people: nothing in it is ever read as markup by a program of ours.
    return Environment(  # noqa: S701
        loader=PackageLoader("reports"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
