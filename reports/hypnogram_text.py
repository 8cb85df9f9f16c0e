"""A sleep as a text file that other programs of sleep research read: one number an epoch of 30 s, one a line.

The numbers are those of yasa: 0 wake, 1 N1, 2 N2, 3 N3, 4 REM, -2 unscored. Light sleep is N1 and N2 together, which
nobody can take apart afterwards; it is written as N2.
"""

from typing import Final

from reports.bundle_rows import UNKNOWN_DIGIT

_YASA: Final = str.maketrans({"0": "0\n", "1": "2\n", "2": "3\n", "3": "4\n", str(UNKNOWN_DIGIT): "-2\n"})


def hypnogram_text(digits: str) -> bytes:
    """The file of a sleep from its `stages` as digits."""
    return digits.translate(_YASA).encode("ascii")
