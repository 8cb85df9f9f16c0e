"""`backup FILE` and `restore FILE`."""

import argparse
from pathlib import Path

from analytics.wording import NBSP, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.backup import BackedUp, BackupError, backup, restore
from nocturne.commands.asked import DONE
from settings import Settings
from store.errors import StoreUnavailable


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `backup` and `restore` to the command line."""
    keep = commands.add_parser("backup", help="write roster, notes, settings and nights to one file")
    keep.add_argument("file", metavar="FILE", type=Path)
    keep.set_defaults(run=_backup, needs_vendor=False)
    bring_back = commands.add_parser("restore", help="fill an empty installation from a back-up")
    bring_back.add_argument("file", metavar="FILE", type=Path)
    bring_back.set_defaults(run_alone=_restore)


def _backup(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    try:
        made = backup(application, actor, chosen.file)
    except OSError as problem:
        reason = problem.strerror or problem
        raise BackupError(
            f"{chosen.file} cannot be written: {reason}. Nothing was changed there."
        ) from problem
    print(f"Wrote {chosen.file}: {_words(made)}. Keep it as safe as the data itself: it is not encrypted.")
    return DONE


def _restore(settings: Settings, chosen: argparse.Namespace) -> int:
    try:
        made = restore(settings, chosen.file)
    except StoreUnavailable as problem:
        raise BackupError(f"{problem} Nothing was restored.") from problem
    except OSError as problem:
        raise BackupError(_unusable(problem, settings, chosen.file)) from problem
    written = f"{made.written_at:%Y-%m-%d %H:%M} UTC"
    print(f"Restored into {settings.folder}, as of {written}: {_words(made)}.")
    return DONE


def _unusable(problem: OSError, settings: Settings, file: Path) -> str:
    reason = (
        "a file has its place" if isinstance(problem, FileExistsError) else problem.strerror or str(problem)
    )
    if problem.filename == str(file):
        return f"{file} cannot be read: {reason}. Nothing was restored."
    where = problem.filename or settings.folder
    return (
        f"{where} cannot be written: {reason}. Nothing was restored. Name a data folder that can be written, and has "
        "room, with NOCTURNE_DATA_DIR."
    )


def _words(made: BackedUp) -> str:
    nights = plural(made.people, "person", "people")
    return f"nights of {nights}, {plural(made.rows, 'row')}, {made.size / 1e6:,.1f} MB".replace(NBSP, " ")
