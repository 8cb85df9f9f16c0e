"""`python -m bench`: measures, prints the table and writes bench/latest.json.

`python -m bench receiver screens` measures these parts alone and prints their rows.
"""

import argparse
import sys
from collections.abc import Sequence
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
    live,
    periods,
    person,
    receiver,
    regularity,
    report_runs,
    scale,
    screens,
    simulator,
    start,
    sync,
    workbooks,
)
from bench.results import table, write

PARTS: Final = (
    kernel, regularity, cohort, cohort_documents, periods, scale, simulator, cache, client, archive, sync, home, person,
    start, browser, screens, crowd, documents, workbooks, report_runs, bundle,
    receiver, beside_webhooks, live,
)  # fmt: skip
LATEST = Path(__file__).parent / "latest.json"


def main(arguments: Sequence[str] = ()) -> int:
    """0 when every bound holds, 1 otherwise; the figures are printed either way, and written where all were measured.

    Args:
        arguments: names of parts; none for all of them.
    """
    by_name = {part.__name__.removeprefix("bench."): part for part in PARTS}
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures, and prints the table.")
    parser.add_argument("parts", nargs="*", choices=[[], *by_name], metavar="PART", help=", ".join(by_name))
    chosen = parser.parse_args(arguments).parts
    figures = [
        figure for name, part in by_name.items() if not chosen or name in chosen for figure in part.figures()
    ]
    print(table(figures))
    if not chosen:
        write(figures, LATEST)
    return 0 if all(figure.holds is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
