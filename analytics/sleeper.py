"""The facts about a person that statistics need."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sleeper:
    """The facts about a person that statistics need, and the name that views show."""

    person_id: str
    name: str
    zone: str
    birth_year: int | None = None
    sex: str = ""
    tags: tuple[str, ...] = ()

    def age_years(self, year: int) -> float | None:
        """The age reached in a year, never below 0; None where the year of birth is not known."""
        return None if self.birth_year is None else float(max(year - self.birth_year, 0))
