"""What the schedule has written into its folder, and taking somebody out of it who is erased."""

import re
import shutil
from typing import Final

from nocturne.application import Application
from nocturne.pseudonyms import pseudonyms
from reports.file_names import safe

__all__ = ["BUNDLE_IN_WORK", "forget", "sweep"]

BUNDLE_IN_WORK: Final = ".bundle-"
"""How folders begin, in the data folder, in which a bundle for a page is being made."""

_OURS: Final = re.compile(
    r"\.?(weekly|monthly)-(?P<what>.+)-\d{4}-\d{2}-\d{2}[a-z-]*\.(pdf|html|xlsx|csv)(\.[0-9a-f]{8}\.part)?"
)
_OF_A_COHORT: Final = "cohort-"


def forget(application: Application, person_id: str) -> None:
    """Removes the person's own reports, under their id or their pseudonym, and those of cohorts, which may hold them.

    Reports of cohorts are made again with the next run, without the person.

    Raises:
        OSError: a file could not be removed.
    """
    sweep(application)
    folder = application.settings.reports_folder
    if not folder.is_dir():
        return
    called = pseudonyms(application, [person_id])[person_id]
    own = {safe(person_id), safe(called)}
    for path in folder.rglob("*"):
        ours = _OURS.fullmatch(path.name)
        if ours and path.is_file() and (ours["what"] in own or ours["what"].startswith(_OF_A_COHORT)):
            path.unlink(missing_ok=True)


def sweep(application: Application) -> None:
    """Removes bundles in the making: those of a server that was killed, or of one that holds who is to be forgotten.

    Whoever waits for one is told that it broke off, and asks again.
    """
    for left in application.settings.folder.glob(f"{BUNDLE_IN_WORK}*"):
        shutil.rmtree(left, ignore_errors=True)
