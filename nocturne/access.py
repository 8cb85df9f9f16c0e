"""Who may do what. Until sign-in exists there is one actor with one role: whoever sits at this machine."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """What can be asked for; every page and every function that serves people names one."""

    SEE_PEOPLE = "see people"
    SEE_COHORTS = "see cohorts"
    MANAGE_COHORTS = "manage cohorts"
    WRITE_JOURNAL = "write notes, tags and phases"
    MANAGE_PEOPLE = "manage people"
    ACT_ON_FLAGS = "act on flags"
    SYNCHRONISE = "synchronise"
    MAKE_REPORTS = "make reports"


ROLES: Final[dict[str, frozenset[Permission]]] = {"local": frozenset(Permission)}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who asks: a name for the log, the role, and the organisations the role holds in."""

    name: str
    role: str
    organisations: frozenset[str]


class NotAllowed(PermissionError):
    """The actor may not do this; the message says what and to whom to turn."""


def local_actor(organisation: str) -> Actor:
    """The one actor of an installation without sign-in."""
    return Actor(name="local", role="local", organisations=frozenset({organisation}))


def authorize(actor: Actor, permission: Permission, organisation: str, person_id: str | None = None) -> None:
    """Returns when the actor may; an unknown role may nothing.

    Raises:
        NotAllowed: the role lacks the permission, or holds in other organisations only.
    """
    if organisation not in actor.organisations or permission not in ROLES.get(actor.role, frozenset()):
        about = f" for {person_id}" if person_id else ""
        raise NotAllowed(
            f"{actor.name} may not {permission.value}{about} here. Ask whoever runs this installation for the role."
        )
