"""A person's week as the value that the HTML and the CSV are both written from."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from analytics.night_view import NightView
from analytics.summary import PersonPeriod


@dataclass(frozen=True, kw_only=True)
class PersonReport:
    """Everything a person's weekly report says.

    Attributes:
        period: the week (any number of days works; the layout is made for seven).
        hypnograms: the main sleeps of the week, those left out included, in any order.
    """

    period: PersonPeriod
    hypnograms: tuple[NightView, ...] = ()


def file_name(report: PersonReport, kind: Literal["html", "csv"]) -> str:
    """A file name made of our own id and the last date: `weekly-p_abc-2026-02-11.html`; never a person's name.

    An id with other characters than letters, digits, `-` and `_`, or a very long one, is shortened and gets a
    checksum, so that two people never share a name.
    """
    person_id = report.period.sleeper.person_id
    safe = re.sub(r"[^A-Za-z0-9_-]", "-", person_id)[:48]
    if safe != person_id or not safe:
        whole = person_id.encode(errors="surrogatepass")
        safe = f"{safe}-{hashlib.blake2s(whole, digest_size=4).hexdigest()}"
    return f"weekly-{safe}-{report.period.last.isoformat()}.{kind}"
