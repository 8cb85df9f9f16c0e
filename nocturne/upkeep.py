"""The archive looked after from the command line: `python -m nocturne verify | repair`, and what `status` says of it.

Exit status: 0 all is well, 1 something is not.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from cache.inspection import Finding, Holdings
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application

ALL_WELL, NOT_WELL = 0, 1


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a look at the archive, or a mending, came to.

    Attributes:
        people: how many people the archive has.
        done: what was mended, in sentences.
        findings: what is not as it should be, afterwards.
    """

    people: int
    done: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def all_well(self) -> bool:
        """Whether nothing is left to be seen to."""
        return not self.findings

    @property
    def in_words(self) -> list[str]:
        """A line for all that was done and found, and the sum."""
        count = len(self.findings)
        total = f"All is well with what is kept of {self.people:,} people."
        if count:
            total = f"{count:,} to be seen to, among what is kept of {self.people:,} people."
        return [*self.done, *(finding.sentence for finding in self.findings), total]

    @property
    def as_json(self) -> str:
        """The same for machines; `findings` are those of `cache.inspection.Finding`."""
        findings = [asdict(finding) for finding in self.findings]
        facts = {"all_well": self.all_well, "people": self.people, "done": self.done, "findings": findings}
        return json.dumps(facts, indent=1)


def verified(application: Application, actor: Actor) -> Report:
    """What is not as it should be in the archive, and between archive and roster; nothing is changed.

    Raises:
        NotAllowed.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    return _report(application, done=())


def repaired(application: Application, actor: Actor) -> Report:
    """What was mended, and what is left to be seen to.

    Raises:
        NotAllowed.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    return _report(application, done=application.archive.repair(application.organisation))


def folded(application: Application, actor: Actor) -> None:
    """Writes the table of everybody anew, so that nothing has to be laid over it.

    Raises:
        NotAllowed.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    application.archive.fold(application.organisation)


def emptied(application: Application, actor: Actor) -> int:
    """How many of the vendor's answers were let go of; the archive of nights stays.

    Raises:
        NotAllowed.
        CacheBusy: some may be there still.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    return application.asleep.forget_all()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept here: the archive, the vendor's answers, and where all of it lies."""

    archive: Holdings
    cache_bytes: int
    folder: str


def kept(application: Application) -> Kept:
    """What is kept now, and how large it is."""
    return Kept(
        archive=application.archive.holdings(application.organisation),
        cache_bytes=sum(path.stat().st_size for path in _files(application.settings.folder / "cache")),
        folder=str(application.settings.folder),
    )


def sizes(application: Application) -> list[str]:
    """What is kept and how large it is, as lines of `status`."""
    found = kept(application)
    held, answers = found.archive, found.cache_bytes
    laid_over = f"{held.overlays} people laid over it, {_size(held.overlay_bytes)}"
    return [
        f"in archive    {held.people:,} people, {held.nights:,} nights, naps and unusable sessions",
        f"archive       {_size(held.people_bytes)}, format {held.format}",
        f"statistics    {_size(held.table_bytes)}; {laid_over}",
        f"cache         {_size(answers)}",
        f"version       {held.version or 'none yet'}",
    ]


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `verify` and `repair` to the command line."""
    for name, act, purpose in (
        ("verify", verified, "whether every person's nights are whole and agree with the statistics"),
        ("repair", repaired, "derive the statistics anew and set aside what cannot be read"),
    ):
        command = commands.add_parser(name, help=purpose, description=f"{purpose.capitalize()}.")
        command.add_argument("--json", action="store_true", help="for machines")
        command.set_defaults(run=_printing(act), needs_vendor=False)


def _printing(
    act: Callable[[Application, Actor], Report],
) -> Callable[[Application, Actor, argparse.Namespace], int]:
    def run(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
        report = act(application, actor)
        print(report.as_json if chosen.json else "\n".join(report.in_words))
        return ALL_WELL if report.all_well else NOT_WELL

    return run


def _report(application: Application, *, done: tuple[str, ...]) -> Report:
    organisation = application.organisation
    roster = {person.person_id for person in application.people()}
    findings = application.archive.verify(organisation, roster=roster)
    return Report(people=application.archive.holdings(organisation).people, done=done, findings=findings)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _size(count: int) -> str:
    """`0.8 MB`; a megabyte is a million bytes."""
    return f"{count / 1e6:,.1f} MB"
