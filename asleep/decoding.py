"""The vendor's bytes to wire objects, or a `MalformedAnswer` that names the field and never its value."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from asleep.errors import MalformedAnswer
from asleep.strangers import NOBODY, Strangers, shape_of, sifted

Read = TypeVar("Read")
Value = TypeVar("Value")


class Reader(Generic[Read]):
    """Reads one kind of wire object.

    Args:
        kind: its type, as msgspec knows it.
    """

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.json.Decoder[Read] = msgspec.json.Decoder(kind)
        self._shape = shape_of(kind)

    def read(self, payload: bytes | msgspec.Raw) -> tuple[Read, Strangers]:
        """The object, and the fields that its kind does not declare.

        Raises:
            MalformedAnswer: the bytes are not JSON, or a declared field is not what the kind says.
        """
        try:
            return self._decoder.decode(payload), NOBODY
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # wrong, or only a field that the kind does not declare: told apart below
        return self._read_apart(payload)

    def _read_apart(self, payload: bytes | msgspec.Raw) -> tuple[Read, Strangers]:
        try:
            known, strangers = sifted(payload, self._shape)
            return self._decode_known(known), strangers
        except UnicodeDecodeError:
            problem = "a text in it is not UTF-8"
        except RecursionError:
            problem = "it is nested too deeply to be read"
        except msgspec.ValidationError as error:
            what, _, path = str(error).partition(" - at ")
            field = path.strip("`").removeprefix("$.") or "at the top"
            problem = f"the field {field} is not readable: {what}"
        except msgspec.DecodeError as error:
            problem = f"it is not JSON ({error})"
        # Raised here and not above, so that no error hangs on it that still holds the body.
        raise MalformedAnswer(problem)

    def _decode_known(self, payload: bytes) -> Read:
        try:
            return self._decoder.decode(payload)
        except msgspec.ValidationError as error:
            if "got `float`" not in str(error):
                raise
        # To JSON Schema, which the contract is written in, 30.0 is an integer as well.
        return self._decoder.decode(msgspec.json.encode(_whole(msgspec.json.decode(payload))))


def _whole(value: Any) -> Any:
    """The value with 30 for every 30.0 in it."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list) else value


def each(
    entries: Sequence[msgspec.Raw], field: str, parse: Callable[[msgspec.Raw], Value]
) -> tuple[Value, ...]:
    """Every entry of a list, read, in the order received.

    Raises:
        MalformedAnswer: one cannot be read; the sentence says which, of how many.
    """
    found: list[Value] = []
    for entry in entries:
        try:
            found.append(parse(entry))
        except MalformedAnswer as error:
            problem = error.problem
            break
    else:
        return tuple(found)
    raise MalformedAnswer(
        f"entry {len(found) + 1} of {len(entries)} in {field} cannot be read, so none of them is used: {problem}"
    )
