"""`cohorts list | add | remove`: named sets of people, by hand or by a rule."""

import argparse
import re

from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.commands.asked import DONE, Usage, people_with_ids, saved_cohort
from store.cohort_rules import CohortRule
from store.cohorts import Cohort, NewCohort

_AGES = re.compile(r"(\d{0,3})-(\d{0,3})", re.ASCII)


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `cohorts` to the command line."""
    cohorts = commands.add_parser("cohorts", help="saved cohorts").add_subparsers(
        required=True, metavar="ACTION"
    )
    cohorts.add_parser(
        "list", help="name, how many people, and who they are, separated by tabs"
    ).set_defaults(run=_list, needs_vendor=False)
    add = cohorts.add_parser("add", help="save a cohort, by hand or by a rule")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--people", help="by hand: ids separated by commas")
    add.add_argument("--tag", action="append", default=[], help="by rule: with this tag, or one of several")
    add.add_argument("--age", help="by rule: 20-40, 65- or -17, both ends included")
    add.add_argument("--sex", action="append", default=[], help="by rule: of this sex, or one of several")
    add.set_defaults(run=_add, needs_vendor=False)
    remove = cohorts.add_parser("remove", help="forget a cohort; its people stay")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove, needs_vendor=False)


def _list(application: Application, actor: Actor, _chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.SEE_COHORTS, application.organisation)
    found = application.store.cohorts.all(application.organisation)
    if not found:
        print("No cohort is saved yet. `python -m nocturne cohorts add NAME --tag TAG` saves one.")
    for cohort in found:
        print(f"{cohort.name}\t{_size(application, cohort)}\t{_who(cohort)}")
    return DONE


def _add(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.MANAGE_COHORTS, application.organisation)
    by_rule = bool(chosen.tag or chosen.age or chosen.sex)
    if by_rule == bool(chosen.people):
        raise Usage(
            "A cohort is either by hand (--people) or by a rule (--tag, --age, --sex); give one of the two."
        )
    if by_rule:
        new = NewCohort(name=chosen.name, rule=_rule(chosen))
    else:
        people = people_with_ids(application, actor, chosen.people)
        new = NewCohort(name=chosen.name, person_ids=tuple(person.person_id for person in people))
    cohort = application.store.cohorts.add(application.organisation, new, by=actor.name)
    print(f"Saved {cohort.name}: {_size(application, cohort)} people, {_who(cohort)}.")
    return DONE


def _remove(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.MANAGE_COHORTS, application.organisation)
    cohort = saved_cohort(application, actor, chosen.name)
    if cohort is None:
        known = ", ".join(each.name for each in application.store.cohorts.all(application.organisation))
        raise Usage(f"There is no saved cohort {chosen.name[:100]!r}. Saved are: {known or 'none'}.")
    application.store.cohorts.remove(application.organisation, cohort.cohort_id)
    print(f"Forgot {cohort.name}; its people stay on the roster.")
    return DONE


def _rule(chosen: argparse.Namespace) -> CohortRule:
    youngest, oldest = _ages(chosen.age)
    sexes = tuple(chosen.sex)
    return CohortRule(any_tags=tuple(chosen.tag), youngest_years=youngest, oldest_years=oldest, sexes=sexes)


def _ages(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    found = _AGES.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        raise Usage(f"--age takes two ages like 20-40, or 65- or -17, not {text[:20]!r}.")
    youngest, oldest = (int(age) if age else None for age in found.groups())
    return youngest, oldest


def _size(application: Application, cohort: Cohort) -> int:
    members = application.store.cohorts.members(
        application.organisation,
        cohort.cohort_id,
        application.now().date(),
        environment=application.settings.asleep_environment,
    )
    return len(members)


def _who(cohort: Cohort) -> str:
    rule = cohort.rule
    if rule is None:
        return "by hand"
    ages = (rule.youngest_years, rule.oldest_years)
    parts = [
        f"any of the tags {', '.join(rule.any_tags)}" if rule.any_tags else "",
        f"all of the tags {', '.join(rule.all_tags)}" if rule.all_tags else "",
        f"none of the tags {', '.join(rule.without_tags)}" if rule.without_tags else "",
        f"aged {'-'.join('' if age is None else str(age) for age in ages)}" if any(ages) else "",
        f"sex {' or '.join(sex or 'not said' for sex in rule.sexes)}" if rule.sexes else "",
    ]
    return "; ".join(part for part in parts if part)
