"""Whether an SQLite file holds what was written to it, asked once at each start.

Every page of the file is read: a start is the last moment at which damage costs no data, because what is written on top
of it later is lost with the back-ups that still were whole. A file over `ALWAYS_UP_TO_BYTES` is read once a day; when
it last was is the time of an empty file beside it, whose name ends in `.checked`.
"""

import time
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from store.troubles import damaged

ALWAYS_UP_TO_BYTES: Final = 50_000_000
DAY_S: Final = 24 * 3600


def check(engine: Engine, file: Path) -> None:
    """Returns when the file is whole, or is large and was so within the last day.

    Raises:
        UnusableDatabase: it is damaged, or a row refers to one that is not there.
    """
    mark = file.with_name(f"{file.name}.checked")
    large = file.stat().st_size > ALWAYS_UP_TO_BYTES
    if large and mark.exists() and 0 <= time.time() - mark.stat().st_mtime < DAY_S:
        return
    with engine.connect() as connection:
        # One finding is enough to stop; a damaged file may have thousands.
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalars().all()
        if found != ["ok"]:
            words = " ".join(str(line) for line in found).replace("*** in database main ***", "")
            raise damaged(" ".join(words.split())[:200])
        astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if astray is not None:
            raise damaged(f"a row of {astray[0]} refers to one of {astray[2]} that is not there")
    if large:
        mark.touch(mode=0o600)
