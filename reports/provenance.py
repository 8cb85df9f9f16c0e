"""Where a bundle comes from: what was asked for, by which rules and versions it was made, and each file's digest."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from reports.bundle_part import BundleAbout
from reports.bundle_tally import Tally
from reports.packing import Packed

FORMAT: Final = 1
"""Raised whenever something in a bundle is called or kept in another way than before."""


def provenance(about: BundleAbout, tally: Tally, files: Sequence[Packed]) -> bytes:
    """`provenance.json`; hypnograms are counted in it, their digests are in checksums.sha256."""
    listed = [file for file in files if "/" not in file.name]
    ledger = tally.ledger
    said = {
        "format": FORMAT,
        "made_at": about.made_at.isoformat(),
        "software": {
            **about.software,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "pandas": pd.__version__,
            "pyarrow": pa.__version__,
        },
        "query": {
            **about.query,
            "first_night": about.first.isoformat(),
            "last_night": about.last.isoformat(),
            "pseudonyms": about.pseudonyms,
            "tags": about.tags,
            "epochs": about.epochs,
            "hypnograms": about.hypnograms,
        },
        "rules": {
            "score_version": about.score.version,
            "score": asdict(about.score),
            "valid_night": asdict(about.nights),
            "valid_night_tag": about.nights.tag,
            "target_h": about.target_h,
        },
        "counts": {
            "people": tally.people,
            "people_with_valid_nights": tally.people_with_nights,
            "sessions_recorded": ledger.recorded,
            "nights_recorded": ledger.recorded_nights,
            "nights_valid": ledger.valid_nights,
            "rows": dict(tally.rows),
            "hypnograms": len(files) - len(listed),
        },
        "unserved": list(tally.unserved),
        "files": [{"name": each.name, "bytes": each.size, "sha256": each.sha256} for each in listed],
    }
    return (json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
