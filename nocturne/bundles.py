"""Research bundles: the nights of some people collected from the archive, for an actor, under ids or pseudonyms."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Final

from nocturne.access import Actor, Permission, authorize
from nocturne.aliases import pseudonymous
from nocturne.application import Application
from nocturne.bundle_reading import Handed, PartsOf
from nocturne.engines import Engine, InProcess
from nocturne.mapping import MapProgress, outcomes
from nocturne.progress import Failure
from nocturne.pseudonyms import pseudonyms
from nocturne.renamed import told_label
from nocturne.software import software
from nocturne.views import sleeper
from reports.bundle import BundleAbout, BundlePart, NothingToHandOver, WrittenBundle, write_bundle
from store.people import Person

__all__ = ["BundleRefused", "BundleRun", "BundleStopped", "BundleWanted", "make_bundle"]

log = logging.getLogger(__name__)

_PEOPLE_PER_BATCH: Final = 5
"""What a batch hands over lies in memory until it is written: half a megabyte for a year of a person."""
_AHEAD: Final = timedelta(days=1)
"""Where it is tomorrow already."""


class BundleRefused(ValueError):
    """A bundle that cannot be made; the message says why and what to ask for instead."""


class BundleStopped(Exception):
    """It was stopped on the way; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class BundleWanted:
    """What is asked for.

    Attributes:
        people: whose nights.
        label: what these people are called together: a cohort, "everyone" or "people".
        first, last: first and last night label, inclusive.
        pseudonyms: people and sessions under pseudonyms.
        tags: the tags of people too; None leaves them out under pseudonyms and has them otherwise.
        epochs: the stages epoch by epoch.
        hypnograms: a text file for each sleep too.
    """

    people: Sequence[Person]
    label: str = "people"
    first: date
    last: date
    pseudonyms: bool = False
    tags: bool | None = None
    epochs: bool = True
    hypnograms: bool = False

    @property
    def with_tags(self) -> bool:
        """Whether tags are in it."""
        return not self.pseudonyms if self.tags is None else self.tags


@dataclass(frozen=True, kw_only=True)
class BundleRun:
    """What was written, and who is not in it."""

    written: WrittenBundle
    failures: tuple[Failure, ...]


def make_bundle(
    application: Application,
    actor: Actor,
    wanted: BundleWanted,
    target: Path,
    *,
    tell: Callable[[MapProgress], None] = lambda _: None,
    cancel: Event | None = None,
) -> BundleRun:
    """The bundle at `target`, whole or not at all; a person who cannot be read is a failure, the others are in it.

    `tell` hears how far the reading is; when `cancel` is set, nothing is written.

    Raises:
        NotAllowed.
        BundleRefused: nobody is asked for, the period is none, lies ahead or holds nothing, the place is no place, or
            somebody was erased meanwhile.
        BundleStopped: `cancel` was set.
        EngineFailed: many people's nights are read elsewhere, and nobody works there.
        OSError: the place cannot be written, or is full; nothing is left there.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    _check(application, wanted, target)
    handed = _handed(application, wanted)
    reading = _Reading(application, wanted, handed, tell=tell, cancel=cancel or Event())
    try:
        written = write_bundle(
            target, _about(application, wanted), reading.parts(), unserved=reading.unserved
        )
    except NothingToHandOver as nothing:
        raise BundleRefused(_nothing(wanted, reading.failures)) from nothing
    log.info(
        "%s made a bundle of %d people from %s to %s.", actor.name, written.people, wanted.first, wanted.last
    )
    return BundleRun(written=written, failures=tuple(reading.failures))


@dataclass(kw_only=False)
class _Reading:
    """Parts person by person, and who failed on the way."""

    application: Application
    wanted: BundleWanted
    handed: Sequence[Handed]
    tell: Callable[[MapProgress], None] = field(kw_only=True)
    cancel: Event = field(kw_only=True)
    failures: list[Failure] = field(default_factory=list, kw_only=True)

    def parts(self) -> Iterator[BundlePart]:
        """The parts, in the order in which people are handed out."""
        function = PartsOf(
            organisation=self.application.organisation,
            first=self.wanted.first,
            last=self.wanted.last,
            epochs=self.wanted.epochs,
        )
        for outcome in outcomes(
            function,
            self.handed,
            self._engine,
            people_per_batch=_PEOPLE_PER_BATCH,
            tell=self.tell,
            cancel=self.cancel,
        ):
            if self.cancel.is_set():
                raise BundleStopped
            self.failures += outcome.failures
            yield from chain.from_iterable(outcome.values)

    def unserved(self) -> tuple[str, ...]:
        """Who failed, as they would have been handed out; asked when everybody has been read.

        Raises:
            BundleRefused: somebody was erased meanwhile.
        """
        organisation, store = self.application.organisation, self.application.store
        left = {person.person_id for person in store.people(organisation)}
        if not left.issuperset(each.person_id for each in self.handed):
            raise BundleRefused(
                "Somebody was erased while the bundle was being written, and would still have been in it. Nothing was "
                "written; start it again."
            )
        failed = {failure.person_id for failure in self.failures}
        return tuple(each.as_.person_id for each in self.handed if each.person_id in failed)

    @property
    def _engine(self) -> Engine:
        """What is one batch alone is done in this process."""
        if len(self.handed) <= _PEOPLE_PER_BATCH:
            return InProcess(self.application.organisation, self.application.archive)
        return self.application.engine


def _check(application: Application, wanted: BundleWanted, target: Path) -> None:
    if not wanted.people:
        raise BundleRefused("Nobody is in it; name people who are on the roster.")
    if wanted.last < wanted.first:
        raise BundleRefused(
            f"The period ends on {wanted.last}, before it begins on {wanted.first}; swap the two dates."
        )
    today = application.now().date()
    if wanted.last > today + _AHEAD:
        raise BundleRefused(
            f"The period ends on {wanted.last}, and today is {today}; a bundle is of nights that have been."
        )
    if wanted.hypnograms and not wanted.epochs:
        raise BundleRefused("Hypnograms are made of the epochs; ask for both, or for neither.")
    if target.is_dir():
        raise BundleRefused(f"{target} is a folder; name a file in it.")
    if not target.parent.is_dir():
        raise BundleRefused(f"There is no folder {target.parent}; make it, or name another.")


def _handed(application: Application, wanted: BundleWanted) -> list[Handed]:
    """Everybody once, by the id that is handed out: in the order of names pseudonyms would tell something of them."""
    people = {person.person_id: person for person in wanted.people}
    names = pseudonyms(application, people) if wanted.pseudonyms else {}
    found = [
        _one(person, names.get(person.person_id, ""), tags=wanted.with_tags) for person in people.values()
    ]
    return sorted(found, key=lambda each: each.as_.person_id)


def _one(person: Person, pseudonym: str, *, tags: bool) -> Handed:
    who = sleeper(person)
    if pseudonym:
        return Handed(
            person_id=person.person_id, as_=pseudonymous(who, pseudonym, tags=tags), pseudonym=pseudonym
        )
    return Handed(person_id=person.person_id, as_=who if tags else replace(who, tags=()))


def _about(application: Application, wanted: BundleWanted) -> BundleAbout:
    need = application.organisation_settings.need
    label = told_label(wanted.label, wanted.people, pseudonyms=wanted.pseudonyms)
    return BundleAbout(
        label=label,
        first=wanted.first,
        last=wanted.last,
        made_at=application.now(),
        pseudonyms=wanted.pseudonyms,
        tags=wanted.with_tags,
        epochs=wanted.epochs,
        hypnograms=wanted.hypnograms,
        score=application.score_rules,
        nights=application.night_rules,
        target_h=None if need is None else need.minutes / 60,
        query={"who": label, "people_asked_for": len({person.person_id for person in wanted.people})},
        software=software(),
    )


def _nothing(wanted: BundleWanted, failures: Sequence[Failure]) -> str:
    if failures:
        reasons = " ".join(dict.fromkeys(failure.reason for failure in failures))
        return f"Nobody's nights could be read, so nothing was written. {reasons}"
    return (
        f"Nothing was recorded from {wanted.first} to {wanted.last}, so there is nothing to hand over. "
        "`python -m nocturne status` says what is there."
    )
