"""What every column of a bundle means: a data dictionary for people, a Frictionless Data Package for programs."""

import json
from collections.abc import Mapping
from typing import Any, Final

from reports.bundle_columns import DIGITS, EPOCHS, EXCLUSIONS, NIGHTS, PEOPLE, TRANSITIONS, Column, Table
from reports.bundle_part import BundleAbout
from reports.cells import csv_bytes
from reports.packing import Packed

_TYPES: Final[dict[str, dict[str, Any]]] = {
    "text": {"type": "string"},
    "digits": {"type": "string"},
    "category": {"type": "string"},
    "integer": {"type": "integer"},
    "small": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]},
    "date": {"type": "date", "format": "%Y-%m-%d"},
    "instant": {"type": "datetime", "format": "any"},
}
_DIALECT: Final = {
    "delimiter": ",",
    "lineTerminator": "\r\n",
    "quoteChar": '"',
    "doubleQuote": True,
    "header": True,
    "caseSensitiveHeader": True,
}
_AS_CSV: Final = (PEOPLE, NIGHTS, EXCLUSIONS, DIGITS, TRANSITIONS)


def data_package(about: BundleAbout, files: Mapping[str, Packed]) -> bytes:
    """`datapackage.json`: a tabular data package (version 1) of the CSV files, with size and digest of each.

    The columns of `epochs.parquet`, which no CSV has, stand under `nocturne:parquet`.

    Args:
        about: what the bundle is about.
        files: by name what is packed already.
    """
    described = {
        "profile": "tabular-data-package",
        "name": about.folder.lower(),
        "title": f"Nights from {about.first} to {about.last}",
        "description": "Sleep by person and night. README.md says how to load it, methods.md how it was computed.",
        "created": about.made_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "resources": [_resource(table, files) for table in _AS_CSV if f"{table.name}.csv" in files],
        "nocturne:parquet": [
            {"path": f"{table.name}.parquet", "fields": [_field(column) for column in table.columns]}
            for table in (PEOPLE, NIGHTS, EXCLUSIONS, EPOCHS, TRANSITIONS)
            if f"{table.name}.parquet" in files
        ],
    }
    return _json(described)


def dictionary_csv(files: Mapping[str, Packed]) -> bytes:
    """`dictionary.csv`: a row for each column of each file: file, column, type, unit, description."""
    tables = {f"{table.name}.csv": table for table in _AS_CSV} | {f"{EPOCHS.name}.parquet": EPOCHS}
    rows = [
        [file, column.name, str(_TYPES[column.kind]["type"]), column.unit, column.meaning]
        for file, table in tables.items()
        if file in files
        for column in table.columns
    ]
    return csv_bytes(["file", "column", "type", "unit", "description"], rows)


def _resource(table: Table, files: Mapping[str, Packed]) -> dict[str, Any]:
    file = files[f"{table.name}.csv"]
    keys = ["person_id"] if table is not PEOPLE else []
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": file.name,
        "title": table.title,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
        "dialect": _DIALECT,
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "missingValues": [""],
            "primaryKey": list(table.key),
            **({"foreignKeys": [_refers(keys)]} if keys else {}),
        },
    }


def _field(column: Column) -> dict[str, Any]:
    unit = {"unit": column.unit} if column.unit else {}
    return {"name": column.name, **_TYPES[column.kind], **unit, "description": column.meaning}


def _refers(keys: list[str]) -> dict[str, Any]:
    return {"fields": keys, "reference": {"resource": PEOPLE.name, "fields": keys}}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
