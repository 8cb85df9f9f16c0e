"""The fields of an answer that no wire object declares: set apart before reading, kept as received.

An answer without such fields is read in one pass; only one that has them is taken apart, so that what costs
time is the vendor's news and not every night.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import msgspec.inspect

from asleep.models import Unknown

MOST_FIELDS: Final = 64
"""So many unknown fields of one model are kept, in order of name."""

MOST_TEXT: Final = 4096
"""So many bytes of names and values together; a field that does not fit is left out, smaller ones are kept."""

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_told: Final[set[str]] = set()

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Which fields an object has that the wire declares, and the shapes of those that are objects themselves.

    `many` is set where the field holds a list of such objects.
    """

    names: frozenset[str]
    nested: Mapping[str, "Shape"]
    many: bool = False


@dataclass(frozen=True, kw_only=True)
class Strangers:
    """The undeclared fields of one answer: where each was found, and its value's bytes."""

    found: tuple[tuple[tuple[str, ...], msgspec.Raw], ...] = ()

    def within(self, *place: str, but_not: tuple[str, ...] = ()) -> Unknown:
        """What was found at `place` or deeper, named from there, as the model of that object keeps it.

        At most `MOST_FIELDS` and `MOST_TEXT`; where more is left out, the log says so once for each place.
        `but_not` are objects there that have a model of their own.
        """
        if not self.found:
            return ()
        depth, kept, room, dropped = len(place), list[tuple[str, str]](), MOST_TEXT, 0
        for name, value in sorted(self._named(place, but_not), key=lambda pair: pair[0]):
            size = len(name.encode()) + len(value)
            if len(kept) == MOST_FIELDS or size > room:
                dropped += 1
                continue
            # Text that is not UTF-8 is no reason to lose a night; each such byte stays visible as \xNN.
            kept.append((name, bytes(value).decode(errors="backslashreplace")))
            room -= size
        if dropped:
            where = place[-1] if depth else "an answer"
            _tell_once(
                f"{where}: the service sends more unknown fields than are kept; {dropped} of them were left out. "
                "Compare its answers with asleep/contract/openapi.yaml and let the parser follow."
            )
        return tuple(kept)

    def _named(self, place: tuple[str, ...], but_not: tuple[str, ...]) -> Iterator[tuple[str, msgspec.Raw]]:
        depth = len(place)
        for path, value in self.found:
            if path[:depth] == place and not (len(path) > depth + 1 and path[depth] in but_not):
                yield ".".join(path[depth:]), value

    def mention_all_but(self, *place: str) -> None:
        """Says once in the log that fields stand where no model is: beside a result, around a page."""
        if any(path[: len(place)] != place for path, _ in self.found):
            _tell_once(
                "Around a result: the service sends fields that this program does not know, and keeps none of. "
                "Compare its answers with asleep/contract/openapi.yaml and let the parser follow."
            )


NOBODY: Final = Strangers()


def sifted(payload: bytes | msgspec.Raw, shape: Shape) -> tuple[bytes, Strangers]:
    """The payload without the fields that the shape does not have, and those fields.

    What is not an object where the shape has one stays as it is, for the reader to refuse.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it is not JSON.
    """
    found: list[tuple[tuple[str, ...], msgspec.Raw]] = []

    def known(raw: msgspec.Raw, shape: Shape, path: tuple[str, ...]) -> Any:
        if bytes(memoryview(raw)[:1]) != (b"[" if shape.many else b"{"):
            return raw
        if shape.many:
            *folders, name = path
            one = replace(shape, many=False)
            entries = enumerate(_LIST.decode(raw))
            return [known(entry, one, (*folders, f"{name}[{place}]")) for place, entry in entries]
        fields: dict[str, Any] = _OBJECT.decode(raw)
        found.extend(((*path, name), fields.pop(name)) for name in fields.keys() - shape.names)
        for name in fields.keys() & shape.nested.keys():
            fields[name] = known(fields[name], shape.nested[name], (*path, name))
        return fields

    sifted_payload = msgspec.json.encode(known(msgspec.Raw(bytes(payload).strip()), shape, ()))
    return sifted_payload, Strangers(found=tuple(found))


def shape_of(kind: Any) -> Shape:
    """The shape of a wire object, from its declaration."""
    shape = _shape(msgspec.inspect.type_info(kind))
    if shape is None:
        raise TypeError(f"{kind} is no wire object; give a msgspec.Struct.")
    return shape


def _shape(info: msgspec.inspect.Type) -> Shape | None:
    if isinstance(info, msgspec.inspect.StructType):
        inner = {field.encode_name: _shape(field.type) for field in info.fields}
        nested = {name: shape for name, shape in inner.items() if shape is not None}
        return Shape(names=frozenset(inner), nested=nested)
    if isinstance(info, msgspec.inspect.ListType):
        entry = _shape(info.item_type)
        return None if entry is None else replace(entry, many=True)
    if isinstance(info, msgspec.inspect.UnionType):
        return next((shape for one in info.types if (shape := _shape(one)) is not None), None)
    return None


def _tell_once(sentence: str) -> None:
    # By its first words: the same news of a thousand answers is one piece of news.
    about = sentence.partition(":")[0]
    level = logging.DEBUG if about in _told else logging.WARNING
    _told.add(about)
    log.log(level, sentence)
