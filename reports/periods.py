"""What a report calls its days: a week, a month, or a period."""

_WEEK, _MONTH = range(1, 8), range(28, 32)


def called(days: int) -> str:
    """The noun for so many days: "week" up to 7, "month" from 28 to 31, else "period"."""
    return "week" if days in _WEEK else "month" if days in _MONTH else "period"
