"""JSON Schemas (draft 2020-12) of cases and plans, from the declarations that reading and checking go by.

A case in JSON is ``{"header": {...}, "tables": {"loads": [{...}, ...]}}``: an object for each row with its filled
cells, numbers as numbers, flags as 0 or 1, times and all else as text. What a schema cannot say (one column above
another, names that must exist) is for `check`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from v2g.check.header import COORDINATES, FORMAT, KEYS, MAX_STEPS, REQUIRED, STEP_MIN
from v2g.errors import UsageError
from v2g.formats.atomic import place_folder, resolved
from v2g.formats.draft import Draft
from v2g.formats.nameplates import FILLED, NAME
from v2g.formats.plan_columns import meaning_of
from v2g.formats.plan_folder import COLUMNS, COUNTS, OPTIONAL, SUMMARY_KEYS, TEXTS, plain
from v2g.language import Part
from v2g.plan import Plan
from v2g.register import NETWORKS, POLICIES, declarations
from v2g.schema import Column, TableSpec
from v2g.tables import OPEN_TABLES, WHOLE_NUMBERS

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
CASE_FILE, PLAN_FILE = "case.schema.json", "plan.schema.json"
DAY, CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}", "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
TIME: Schema = {"type": "string", "pattern": f"^{DAY}[T ]{CLOCK} ?(Z|z|[+-][0-9]{{2}}:?[0-9]{{2}})$"}
"""An instant: day, clock and offset."""
PHASES: Schema = {"type": "string", "pattern": "^(?!.*(.).*\\1)[abcABC]{1,3}$"}
FLAGS = {"0": 0, "1": 1, "false": 0, "true": 1, "no": 0, "yes": 1}
STEP: Schema = {"type": "number", "minimum": STEP_MIN[0], "maximum": STEP_MIN[1]}
VOLTAGE: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 2}
NUMBER: Schema = {"type": "number"}
NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}


def schemas(parts: Sequence[type[Part]] = ()) -> dict[str, Schema]:
    """Both schemas by the name of their file; ``parts`` from outside bring tables of their own."""
    return {CASE_FILE: case_schema(parts), PLAN_FILE: plan_schema()}


def schema_files(parts: Sequence[type[Part]] = ()) -> dict[str, bytes]:
    """The files of both schemas."""
    return {
        name: (json.dumps(schema, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
        for name, schema in schemas(parts).items()
    }


def write_schemas(out: str | Path, parts: Sequence[type[Part]] = ()) -> Path:
    """Write both to a folder, where they replace earlier ones; raises UsageError if it holds anything else."""
    folder, files = resolved(out), schema_files(parts)
    if folder.exists() and (not folder.is_dir() or {entry.name for entry in folder.iterdir()} - set(files)):
        raise UsageError(f"{folder} holds other things than schemas; give another folder.")
    place_folder(folder, files)
    return folder


# Cases


def case_schema(parts: Sequence[type[Part]] = ()) -> Schema:
    """Of a whole case; its header is ``$defs/header``, a row of a table ``$defs/TABLE``."""
    specs = declarations(parts)
    tables: Schema = {
        "type": "object",
        "properties": {name: {"type": "array", "items": _ref(name)} for name in specs},
        "required": [name for name, spec in specs.items() if spec.required],
        "additionalProperties": False,
    }
    return {
        "$schema": DRAFT, "$id": f"urn:v2g:case:{FORMAT}", "title": "A case of v2g",
        "description": "Rows are objects of filled cells: numbers, 0 or 1 for flags, all else text. Blank = left out.",
        "type": "object", "required": ["header", "tables"], "additionalProperties": False,
        "properties": {"header": _ref("header"), "tables": tables},
        "$defs": {"header": header_schema(), **{name: row_schema(spec) for name, spec in specs.items()}},
    }  # fmt: skip


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def header_schema() -> Schema:
    """Keys of ``case.toml``; a time is text, as JSON has none."""
    keys = header_keys()
    return {
        "type": "object", "description": "Keys of case.toml.",
        "properties": {key: {**schema, "description": KEYS[key]} for key, schema in keys.items()},
        "required": list(REQUIRED), "additionalProperties": False,
        "if": {"properties": {"step_min": {"type": "number"}}, "required": ["step_min"]},
        "then": {"required": ["steps"]},
    }  # fmt: skip


def header_keys() -> Mapping[str, Schema]:
    """What each key of ``case.toml`` may hold."""
    return {
        "format": {"const": FORMAT},
        "name": {"type": "string", "pattern": r'^\s*[^\s./\\:*?"<>|][^/\\:*?"<>|]*$'},
        "title": {"type": "string"},
        "start_utc": TIME,
        "step_min": {"oneOf": [STEP, {"type": "array", "items": STEP, "minItems": 1, "maxItems": MAX_STEPS}]},
        "steps": {"type": "integer", "minimum": 1, "maximum": MAX_STEPS},
        "network": {"enum": list(NETWORKS)},
        "policy": {"enum": list(POLICIES)},
        "seed": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
        "vmin_pu": VOLTAGE,
        "vmax_pu": VOLTAGE,
        "cause": {"type": "string"},
        "guarantee_h": {"type": "number", "exclusiveMinimum": 0},
        "carry_h": {"type": "number", "minimum": 0},
        "cvar_alpha": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        "coordinates": {"enum": list(COORDINATES)},
        "time_zone": {"type": "string", "minLength": 1},
    }


def row_schema(spec: TableSpec) -> Schema:
    """One row of a table. Columns that a nameplate of the catalogue fills are needed where none is named."""
    needed = [column.name for column in spec.columns if column.required]
    filled = [name for name in needed if name in FILLED.get(spec.name, {})]
    more = OPEN_TABLES.get(spec.name)
    schema: Schema = {
        "type": "object", "description": spec.help,
        "properties": {column.name: column_schema(spec, column) for column in spec.columns},
        "required": [name for name in needed if name not in filled],
        "additionalProperties": column_schema(spec, more) if more else False,
    }  # fmt: skip
    return schema | ({"anyOf": [{"required": filled}, {"required": [NAME[spec.name]]}]} if filled else {})


def column_schema(spec: TableSpec, column: Column) -> Schema:
    """What a filled cell of a column may hold; its unit, and what it refers to, are ``x-unit`` and ``x-refers-to``."""
    found: Schema = {"description": column.help} if column.help else {}
    found |= _kind(spec, column)
    if column.unit not in ("", "1"):
        found["x-unit"] = column.unit
    if column.refers_to:
        found["x-refers-to"] = column.refers_to.split("|")
    if column.at_most_column:
        found["x-at-most-column"] = column.at_most_column
    known = column.default not in (None, "") and column.default == column.default
    return found | ({"default": plain(column.default)} if known else {})


def _kind(spec: TableSpec, column: Column) -> Schema:
    if column.kind == "number":
        limits = {"minimum": column.at_least, "exclusiveMinimum": column.above, "maximum": column.at_most}
        whole = (spec.name, column.name) in WHOLE_NUMBERS
        return {"type": "integer" if whole else "number"} | {k: v for k, v in limits.items() if v is not None}
    if column.kind == "choice":
        return {"enum": list(column.choices)}
    plainly: dict[str, Schema] = {"flag": {"enum": [0, 1]}, "time": TIME, "phases": PHASES}
    return plainly.get(column.kind, {"type": "string", "minLength": 1})


def case_json(draft: Draft, parts: Sequence[type[Part]] = ()) -> dict[str, Any]:
    """A case as it was written, in JSON; cells that are not what their column holds stay text."""
    specs = declarations(parts)
    return {
        "header": {key: plain(value) for key, value in draft.header.items() if value != math.inf},
        "tables": {name: _rows(specs.get(name), frame.to_dict("records")) for name, frame in draft.tables.items()},
    }


def _rows(spec: TableSpec | None, records: Sequence[Mapping[Any, str]]) -> list[dict[str, Any]]:
    kinds = {column.name: column.kind for column in spec.columns} if spec else {}
    other = "number" if spec and spec.name in OPEN_TABLES else "text"
    return [
        {str(name): _value(kinds.get(str(name), other), cell) for name, cell in record.items() if cell}
        for record in records
    ]


def _value(kind: str, cell: str) -> str | float | int:
    if kind == "flag":
        return FLAGS.get(cell.casefold(), cell)
    try:
        return float(cell) if kind == "number" else cell
    except ValueError:
        return cell


# Plans


def plan_schema() -> Schema:
    """Of a plan: ``summary`` is ``summary.json``, a row of a table ``$defs/TABLE``."""
    return {
        "$schema": DRAFT, "$id": f"urn:v2g:plan:{FORMAT}", "title": "A plan of v2g",
        "description": "Rows are objects of cells: numbers, counts, text; null = blank.",
        "type": "object", "required": ["summary", "tables"], "additionalProperties": False,
        "properties": {
            "summary": _ref("summary"),
            "tables": {
                "type": "object",
                "properties": {name: {"type": "array", "items": _ref(name)} for name in COLUMNS},
                "required": [name for name in COLUMNS if name not in OPTIONAL],
                "additionalProperties": False,
            },
        },
        "$defs": {"summary": _summary(), **{name: _plan_row(name) for name in COLUMNS}},
    }  # fmt: skip


def _plan_row(name: str) -> Schema:
    """Columns that are always there; further ones are numbers, such as prices of each stage."""
    return {
        "type": "object", "properties": {column: _plan_column(name, column) for column in COLUMNS[name]},
        "required": list(COLUMNS[name]), "additionalProperties": NUMBER_OR_NULL,
    }  # fmt: skip


def _plan_column(table: str, name: str) -> Schema:
    meaning = meaning_of(table, name)
    unit = {"x-unit": meaning.unit} if meaning.unit not in ("", "UTC") else {}
    return {"description": meaning.help, **_plan_kind(name), **unit}


def _plan_kind(name: str) -> Schema:
    if name == "start_utc":
        return TIME
    if name == "hours":
        return {"type": "number", "exclusiveMinimum": 0}
    if name in TEXTS:
        return {"type": "string"}
    return {"type": "integer"} if name in COUNTS else NUMBER_OR_NULL


def _summary() -> Schema:
    by_tier: Schema = {"type": "object", "propertyNames": {"pattern": "^[0-9]+$"}}
    counts = {name: {"type": "number", "minimum": 0} for name in ("total", "served", "bound")}
    tier = {"type": "object", "properties": counts, "required": list(counts)}
    hours: Schema = {"type": "object", "properties": {"required": NUMBER, "served": NUMBER}, "required": ["served"]}
    stage: Schema = {
        "type": "object", "properties": {"name": {"type": "string"}, "objective": NUMBER, "bound": NUMBER_OR_NULL},
        "required": ["name", "objective", "bound", "gap"],
    }  # fmt: skip
    return {
        "type": "object", "required": list(SUMMARY_KEYS),
        "properties": {
            "status": {"enum": ["optimal", "feasible"]},
            "gap": {"type": ["number", "null"], "minimum": 0},
            "critical": by_tier | {"additionalProperties": tier},
            "critical_hours": by_tier | {"additionalProperties": hours},
            "energy_kwh": {"type": "object", "additionalProperties": NUMBER_OR_NULL},
            "reserve_shortfall_kwh": {"type": "number", "minimum": 0},
            "certificate": {"type": "object", "properties": {"stages": {"type": "array", "items": stage}}},
            "provenance": {"type": "object", "properties": {"case_sha256": {"type": "string", "minLength": 64}}},
        },
    }  # fmt: skip


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan in JSON."""
    rows = {name: plain(table.to_dict("records")) for name, table in plan.tables.items()}
    return {"summary": plain(plan.summary), "tables": rows}
