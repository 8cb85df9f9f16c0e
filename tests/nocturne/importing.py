"""People onto a roster for a test: a list that nobody looks at first."""

from nocturne.access import Actor
from nocturne.application import Application
from nocturne.imports import ImportReport, accept_import, plan_import


def import_people(application: Application, actor: Actor, data: bytes | str) -> ImportReport:
    """What became of every row; raises as `plan_import`."""
    return accept_import(application, actor, plan_import(application, actor, data))
