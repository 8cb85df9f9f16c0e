"""Pseudonyms: a stable name for each person of an organisation, from which nobody without its secret comes back.

A pseudonym is computed and kept nowhere: of somebody who was erased nothing stays that links. The secret is made once
for each organisation and lies among its settings, so that a back-up keeps the pseudonyms as they are; it is in no log,
on no page and in no report.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from analytics.grades import REASONS
from analytics.night_epochs import NightEpochs
from analytics.night_view import NightView
from analytics.sessions import NO_INSTANT, SessionSet, texts
from analytics.sleeper import Sleeper
from nocturne.application import Application
from nocturne.organisation_secrets import organisation_secret

__all__ = ["Alias", "alias_of", "pseudonymous", "pseudonyms"]

_SECRET: Final = "pseudonym_secret"  # noqa: S105 - the name of a setting
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which are misread or make words."""
_LENGTH: Final = 10
"""Characters of 5 bits each: of 5,000 people two have the same in one of a hundred million organisations."""
_UNREAD: Final = REASONS["UNREADABLE"][0]
_KNOWN: Final = frozenset(sentence for sentence, _ in REASONS.values())
"""What may be said of a night; any other sentence tells of an answer of the vendor, and may name who it was about."""


@dataclass(frozen=True, kw_only=True)
class Alias:
    """What a person and their sessions are called where nobody is to know who it is.

    Attributes:
        pseudonym: `P-7F3K9QX2VD`.
        sessions: by the true id of each session of the person's archive, what it is called: `P-7F3K9QX2VD-12`, numbered
            from 1 in the order of their starts.
    """

    pseudonym: str
    sessions: Mapping[str, str]

    def of_nights(self, nights: pd.DataFrame) -> pd.DataFrame:
        """The rows of a nights frame with other ids of sessions, and of the person where it has them.

        Raises:
            KeyError: a session is not the person's.
        """
        renamed = nights.assign(
            session_id=pd.array([self.sessions[each] for each in nights["session_id"]], dtype="str"),
            session_ids=pd.array([self._joined(each) for each in nights["session_ids"]], dtype="str"),
        )
        if "person_id" in nights:
            renamed["person_id"] = pd.array([self.pseudonym] * len(nights), dtype="str")
        return renamed

    def of_sessions(self, sessions: SessionSet) -> SessionSet:
        """The sessions under other ids; why one could not be read is said in general, for the words may name it."""
        columns = dict(sessions.columns)
        columns["session_id"] = texts([self.sessions[each] for each in columns["session_id"]])
        columns["problem"] = texts([_UNREAD if each else "" for each in columns["problem"]])
        columns["summary"] = texts([""] * len(sessions))
        return SessionSet(columns=columns, stages=sessions.stages, snoring=sessions.snoring)

    def of_epochs(self, epochs: NightEpochs) -> NightEpochs:
        """The epochs of sleeps under other ids."""
        return replace(epochs, session_ids=tuple(self._joined(each) for each in epochs.session_ids))

    def of_view(self, view: NightView) -> NightView:
        """A night's view under other ids of its sessions; what it says of an unreadable answer is general."""
        joined = self._joined(str(view.statistics["session_ids"]))
        statistics: pd.Series[Any] = view.statistics.copy()
        statistics["session_id"], statistics["session_ids"] = joined.split(";")[0], joined
        if "person_id" in statistics:
            statistics["person_id"] = self.pseudonym
        return replace(
            view,
            session_id=self.sessions[view.session_id],
            statistics=statistics,
            reasons=tuple(dict.fromkeys(each if each in _KNOWN else _UNREAD for each in view.reasons)),
        )

    def _joined(self, session_ids: str) -> str:
        return ";".join(self.sessions[each] for each in session_ids.split(";"))


def pseudonyms(application: Application, person_ids: Iterable[str]) -> dict[str, str]:
    """The pseudonym of each of these people, by person id; the organisation's secret is made when there is none.

    It depends on the person alone and not on who else is there, so it stays the same for ever.

    Raises:
        StoreError: the store cannot be read, or not be written the first time.
    """
    organisation = application.organisation
    secret = organisation_secret(application.store, organisation, _SECRET)
    return {each: pseudonym(secret, organisation, each) for each in person_ids}


def pseudonym(secret: bytes, organisation: str, person_id: str) -> str:
    """The pseudonym of a person by the secret of an organisation, like `P-7F3K9QX2VD`."""
    return f"P-{_letters(secret, organisation, person_id)[:_LENGTH]}"


def pseudonymous(sleeper: Sleeper, pseudonym: str, *, tags: bool = False) -> Sleeper:
    """The person with the pseudonym as id and as name; tags, which may tell who it is, only when they are asked for."""
    return replace(sleeper, person_id=pseudonym, name=pseudonym, tags=sleeper.tags if tags else ())


def alias_of(pseudonym: str, sessions: SessionSet) -> Alias:
    """The alias of a person with these sessions, all that the archive has of them.

    Sessions are numbered by their start, and by their ids among those of one moment; those without a start come last.
    A later session leaves the numbers of those before it as they are.
    """
    ids, starts = sessions.columns["session_id"].tolist(), sessions.columns["start"].tolist()
    latest = {each: start for start, each in sorted(zip(starts, ids, strict=True))}
    ordered = sorted(latest, key=lambda each: (latest[each] == NO_INSTANT, latest[each], each))
    return Alias(
        pseudonym=pseudonym, sessions={each: f"{pseudonym}-{n}" for n, each in enumerate(ordered, start=1)}
    )


def _letters(secret: bytes, organisation: str, person_id: str) -> str:
    """The keyed digest of a person in letters and digits."""
    digest = hmac.new(secret, f"{organisation}\0{person_id}".encode(), hashlib.sha256).digest()
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8))
    fives = np.append(bits, np.zeros(-len(bits) % 5, dtype=np.uint8)).reshape(-1, 5)
    return "".join(_ALPHABET[place] for place in (fives @ np.array([16, 8, 4, 2, 1])).tolist())
