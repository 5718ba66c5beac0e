"""Every name that our logs write is one of the Elastic Common Schema, of its type, or stands below "socialtrend."."""
import csv
import ipaddress
import os
import pathlib
import re

from checks import Checks
from program import ROOT

SCHEMA = pathlib.Path(os.environ.get("SOCIALTREND_SHARED", ROOT.parent / "shared")) / "schemas/ecs-fields.csv"
OUR_OWN = "socialtrend."


def schema() -> dict[str, str]:
    with SCHEMA.open() as file:
        return {row["Field"]: row["Type"] for row in csv.DictReader(file)}


def is_of(kind: str, value: object) -> bool:
    if kind == "long":
        return isinstance(value, int)
    if kind == "date":
        return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value) is not None
    if kind == "ip":
        return isinstance(value, str) and bool(ipaddress.ip_address(value))
    return isinstance(value, str)  # keyword, wildcard, match_only_text, version


def faults(line: dict, fields: dict[str, str]) -> list[str]:
    found = [f"{name} is not a field of the schema" for name in line if name not in fields and not name.startswith(OUR_OWN)]
    found += [f"{name} must be {fields[name]}, is {value!r}" for name, value in line.items()
              if name in fields and not is_of(fields[name], value)]
    found += [f"{name} is missing" for name in ("@timestamp", "message", "ecs.version", "log.level", "service.name")
              if name not in line]
    return found


def check(checks: Checks, lines: list[dict]) -> None:
    if not SCHEMA.exists():
        checks.skip(f"the log against the Elastic Common Schema: {SCHEMA.name} is not here (SOCIALTREND_SHARED)")
        return
    fields = schema()
    text = (ROOT / "src/base/log.cpp").read_text()
    listed = re.findall(r'"([a-z_.]+)"', text[text.index("ecs_names{"):text.index("std::string json_name")])
    checks.expect(len(listed) > 10 and all(name in fields for name in listed),
                  f"src/base/log.cpp names fields that are none: {[name for name in listed if name not in fields]}")
    checks.expect(len(lines) > 3, "the program has logged")
    found = sorted({fault for line in lines for fault in faults(line, fields)})
    checks.expect(not found, f"the log: {found}")
    good = lines[0]
    for broken in ({**good, "target.id": "1"}, {**good, "event.duration": "long"}, {**good, "client.address": 7},
                   {**good, "@timestamp": "yesterday"}, {key: good[key] for key in good if key != "message"}):
        checks.expect(bool(faults(broken, fields)), "a line that breaks the schema is not noticed")
