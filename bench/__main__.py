"""`python -m bench`: measures, prints the table and writes bench/latest.json."""

import sys
from pathlib import Path
from typing import Final

from bench import (
    archive,
    beside_webhooks,
    browser,
    bundle,
    cache,
    client,
    cohort,
    cohort_documents,
    crowd,
    documents,
    home,
    kernel,
    periods,
    person,
    receiver,
    regularity,
    report_runs,
    scale,
    screens,
    simulator,
    sync,
    workbooks,
)
from bench.results import table, write

PARTS: Final = (
    kernel, regularity, cohort, cohort_documents, periods, scale, simulator, cache, client, archive, sync, home, person,
    browser, screens, crowd, documents, workbooks, report_runs, bundle,
    receiver, beside_webhooks,
)  # fmt: skip
LATEST = Path(__file__).parent / "latest.json"


def main() -> int:
    """0 when every bound holds, 1 otherwise; the figures are printed and written either way."""
    figures = [figure for part in PARTS for figure in part.figures()]
    print(table(figures))
    write(figures, LATEST)
    return 0 if all(figure.holds is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
