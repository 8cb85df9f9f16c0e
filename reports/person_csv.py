"""A person's nights as CSV: one row per sleep, every statistic with its unit in the header, the vendor's beside it."""

from reports.night_table import night_table
from reports.person_report import PersonReport
from reports.tables import table_csv


def weekly_csv(report: PersonReport) -> bytes:
    """The sleeps of the week (main, nap, unusable) as CSV, one row each in order of their start.

    Returns:
        Plain UTF-8 without a byte order mark, CRLF, RFC 4180 quoting, a header row and nothing before it.
        `night` is the date the sleep counts for; the local dates of its start and end stand beside it. Instants are
        ISO 8601, once in UTC and once on the local clock with its offset. After the leading columns come all columns of
        the nights frame under their own names (`_min`, `_pct`, `_ratio`, `_per_h`; counts have no unit), then
        `efficiency_pct`, the efficiency that counts, then the vendor's values (`vendor_...`). An undefined value is
        empty. Numbers lose nothing: what an archive keeps in 32 bits is the shortest decimal that reads back as the
        same 32-bit number (seven to nine digits), any other the shortest that reads back as the same 64-bit one.
    """
    return table_csv(night_table(report.period.nights, [report.period.sleeper]))
