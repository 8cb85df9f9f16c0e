"""Which sleep efficiency of a night counts: decided here once, for score, screens and reports alike."""

from typing import Final

import numpy as np
import pandas as pd

from analytics.grades import DEFAULT_RULES
from analytics.time_of_day import Floats

# An archive keeps seven digits, so exactly 20 % comes back as 20.000000298 %. No night of less than 16 h can be this
# close to the limit without being on it: one epoch more or less moves the share by far more.
_SHARE_TOLERANCE: Final = 1e-6
MAXIMUM_UNKNOWN_SHARE: Final = DEFAULT_RULES.most_missing_share_b
"""Above this share of lost signal a night is in no aggregate, unless an organisation counts it by rules of its own."""


def counted_efficiency_pct(nights: pd.DataFrame) -> Floats:
    """Sleep efficiency as it counts, in percent: of the known time where up to 20 % of a night is unknown.

    Without lost signal, and with more than that, it is of the time in bed (`se_pct`).

    Args:
        nights: `unknown_share`, `se_known_pct` and `se_pct`, also with the narrow numbers of an archive.
    """
    unknown, of_known, of_all = (
        nights[name].to_numpy(dtype=np.float64) for name in ("unknown_share", "se_known_pct", "se_pct")
    )
    known_only = (unknown > 0) & (unknown <= MAXIMUM_UNKNOWN_SHARE + _SHARE_TOLERANCE)
    return np.where(known_only, of_known, of_all)
