"""The rules by which an organisation's nights are made, beside the nights: whoever derives some reads them there."""

import json
import logging

from analytics.rules import DEFAULT_RULES, ValidNight
from cache.seal import SealBroken
from cache.shelf import Shelf

log = logging.getLogger(__name__)


def rules_of(shelf: Shelf) -> ValidNight:
    """The rules in force; the defaults where none are set, or where they cannot be read, which is logged."""
    try:
        return ValidNight(**json.loads(shelf.read(shelf.rules)))
    except FileNotFoundError:
        return DEFAULT_RULES
    except (OSError, ValueError, TypeError, SealBroken) as error:
        log.warning(
            "%s cannot be used (%s), so nights are made by the default rules. Set the rules again under Admin.",
            shelf.rules.name,
            error,
        )
        return DEFAULT_RULES


def write_rules(shelf: Shelf, rules: ValidNight) -> None:
    """These rules are in force from now on; only for whoever is alone on the shelf."""
    shelf.write(shelf.rules, json.dumps(rules.changed, sort_keys=True).encode())
