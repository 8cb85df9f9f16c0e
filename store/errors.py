"""What the store may refuse, and why it may not answer.

StoreError
├── StoreUnavailable        the database could not be reached, is locked for too long, or cannot be written
│   └── UnusableDatabase    its address names none that can be used, or its file is damaged
├── EditedMeanwhile         what was to be changed is no longer what the caller had read
├── DecidedMeanwhile        (`flag_actions`) a flag was decided about after the caller had seen it
├── UnknownOrganisation     no organisation has that id
├── UnknownPerson           nobody in that organisation has that id
├── UnknownEntry            no cohort, phase, note, setting or deletion of that organisation has that id
├── DuplicatePerson         that vendor id is already in the roster
├── UnreadableBackup        a file of rows cannot be taken in; nothing of it was
└── Invalid                 a field cannot be accepted; the sentence names the field
    ├── InvalidPerson       of a person or an organisation
    └── InvalidEntry        of a cohort, phase, note, tag of a night, flag action or setting
"""

from datetime import UTC, datetime


class StoreError(Exception):
    """The root of everything the store refuses; its text says what happened and what to do."""


class StoreUnavailable(StoreError):
    """The database could not be reached, is locked for too long, or cannot be written."""


class UnusableDatabase(StoreUnavailable):
    """No database that can be used is at the address: trying again is of no use, another one or a back-up is."""


class EditedMeanwhile(StoreError):
    """Somebody else changed it after the caller had read it; nothing was saved.

    Attributes:
        by: who; "" where that is not known.
        at: when (UTC); None where that is not known.
    """

    def __init__(self, what: str, *, by: str, at: datetime | None) -> None:
        self.by, self.at = by, at
        who = f" by {by}" if by else ""
        when = f" at {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""
        super().__init__(
            f"{what} was changed{who}{when} meanwhile. Nothing was saved; load again and make the change anew."
        )


class UnknownOrganisation(StoreError):
    """No organisation has that id."""


class UnknownPerson(StoreError):
    """Nobody in that organisation has that id."""


class UnknownEntry(StoreError):
    """No cohort, phase, note, setting or deletion of that organisation has that id."""


class DuplicatePerson(StoreError):
    """The vendor id is already in the organisation's roster."""


class UnreadableBackup(StoreError):
    """A file of rows cannot be taken in; nothing of it was."""


class Invalid(StoreError, ValueError):
    """A field cannot be accepted; the sentence names it and says what to write."""


class InvalidPerson(Invalid):
    """A field of a person or an organisation cannot be accepted."""


class InvalidEntry(Invalid):
    """A field of a cohort, phase, note, tag of a night, flag action or setting cannot be accepted."""
