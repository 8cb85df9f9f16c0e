"""Reason codes of a night become the sentences that a report prints."""

from analytics.grades import REASONS


def sentences(codes: str) -> tuple[str, ...]:
    """The sentence of each code in a `;`-joined list; a code without a sentence is printed as it is."""
    return tuple(REASONS[code][0] if code in REASONS else code for code in _split(codes))


def excluding(codes: str) -> tuple[str, ...]:
    """The sentences of those codes that keep a night out of every mean."""
    return sentences(";".join(code for code in _split(codes) if code not in REASONS or REASONS[code][1]))


def why_left_out(codes: str) -> tuple[str, ...]:
    """Why something is left out: the excluding reasons, else whatever was said of it, else that nothing was."""
    return excluding(codes) or sentences(codes) or ("No reason was recorded.",)


def _split(codes: str) -> list[str]:
    return [code for code in codes.split(";") if code]
