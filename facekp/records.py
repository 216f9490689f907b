"""What was measured, as JSON files: dataclasses whose fields are plain values, a line for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from facekp.errors import CheckpointError
from facekp.files import make_folder, write_bytes


def load_record(path: Path, command: str) -> dict[str, Any]:
    """The object in a JSON file that a command writes.

    Raises
    ------
    CheckpointError
        If the file is missing or broken.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} is missing; {command} writes it")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read as JSON ({error}); run {command} again") from None
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} holds no JSON object; run {command} again")
    return values


def check_names(values: Mapping[str, Any], kind: type[Any], path: Path, command: str) -> None:
    """Refuse values that are not those of a dataclass.

    Raises
    ------
    CheckpointError
        If one is missing, or there is one more.
    """
    wrong = {field.name for field in fields(kind)} ^ values.keys()
    if wrong:
        raise CheckpointError(f"{path} lacks, or does not understand, {', '.join(sorted(wrong))}; run {command} again")


def dump_record(path: Path, values: Mapping[str, Any]) -> None:
    """Write JSON with a line for each value of the two upper levels, so that differences can be read."""
    make_folder(path.parent)
    lines = ",\n".join(f" {json.dumps(key)}: {_lines(value)}" for key, value in values.items())
    write_bytes(path, f"{{\n{lines}\n}}\n".encode())


def _lines(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"  {json.dumps(each)}" for each in value) + "\n ]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(each)}" for key, each in value.items()) + "\n }"
    return json.dumps(value)
