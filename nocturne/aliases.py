"""What somebody and their sessions are called where nobody is to know who it is, and their nights under these names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from analytics.grades import REASONS
from analytics.night_epochs import NightEpochs
from analytics.night_view import NightView
from analytics.sessions import NO_INSTANT, SessionSet, texts
from analytics.sleeper import Sleeper

__all__ = ["Alias", "alias_of", "pseudonymous"]

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
