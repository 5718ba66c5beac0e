"""What becomes of our log on its way into Elasticsearch: the lines of the real program through the processors of the shipped ingest
pipeline, carried out here as Elasticsearch documents them, for Elasticsearch itself cannot be had. The result must be ECS as well.
"""
import copy
import json
import re

import logs
from checks import Checks
from program import ROOT

FOLDER = ROOT / "deploy/observability/logs"
# Of the Elastic Common Schema, for the fields that the pipeline sets.
ALLOWED = {"event.kind": {"alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error", "signal"},
           "event.outcome": {"failure", "success", "unknown"},
           "event.category": {"api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam",
                              "intrusion_detection", "library", "malware", "network", "package", "process", "registry", "session",
                              "threat", "vulnerability", "web"}}
# Of libbeat's parser "ndjson".
NDJSON_KEYS = {"target", "overwrite_keys", "expand_keys", "add_error_key", "message_key", "document_id", "ignore_decoding_error"}
CONDITION = re.compile(r"ctx((?:\??\.\w+)+) (!=|>=|<) (null|\d+)")


class Refused(Exception):
    """A processor that Elasticsearch would not take, or not carry out."""


def put(document: dict, path: str, value: object) -> None:
    *way, last = path.split(".")
    for step in way:
        document = document.setdefault(step, {})
        if not isinstance(document, dict):
            raise Refused(f"{path}: {step} is no object")
    document[last] = value


def get(document: dict, path: str) -> object:
    for step in path.split("."):
        if not isinstance(document, dict) or step not in document:
            return None
        document = document[step]
    return document


def holds(condition: str, document: dict) -> bool:
    """Comparisons joined by &&, as Painless carries them out; a null path without ?. would be its null pointer exception."""
    for part in condition.split(" && "):
        found = CONDITION.fullmatch(part)
        if not found:
            raise Refused(f"not understood: {part}")
        value, path = get(document, found[1].replace("?", "").lstrip(".")), found[1]
        steps = re.findall(r"\??\.\w+", path)
        for index in range(1, len(steps)):
            parent = get(document, "".join(steps[:index]).replace("?", "").lstrip("."))
            if parent is None and not steps[index].startswith("?"):
                raise Refused(f"{part}: null pointer")
        wanted = None if found[3] == "null" else int(found[3])
        if not {"!=": lambda: value != wanted, ">=": lambda: value >= wanted, "<": lambda: value < wanted}[found[2]]():
            return False
    return True


def template(text: object, document: dict) -> object:
    if not isinstance(text, str):
        return text
    return re.sub(r"\{\{\{([\w.@]+)\}\}\}", lambda name: str(get(document, name[1]) or ""), text)


def process(document: dict, processor: dict) -> None:
    (kind, options), = processor.items()
    if "if" in options and not holds(options["if"], document):
        return
    if kind == "dot_expander":
        if options["field"] != "*":
            raise Refused("dot_expander is only known for *")
        for name in [name for name in document if "." in name]:
            put(document, name, document.pop(name))
    elif kind == "date":
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", str(get(document, options["field"]))):
            raise Refused(f"{options['field']}: no date")
    elif kind == "set":
        put(document, options["field"], template(options["value"], document))
    else:
        raise Refused(f"an unknown processor: {kind}")


def run(pipeline: dict, line: dict) -> dict:
    document = {**copy.deepcopy(line), "_ingest": {"timestamp": "2026-01-01T00:00:00.000Z"}}
    for processor in pipeline["processors"]:
        process(document, processor)
    del document["_ingest"]
    return document


def flat(document: dict, before: str = "") -> dict:
    found = {}
    for name, value in document.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
    return found


def faults(pipeline: dict, line: dict, fields: dict[str, str]) -> list[str]:
    try:
        made = flat(run(pipeline, line))
    except (Refused, TypeError) as refused:
        return [str(refused)]
    found = []
    for name, value in made.items():
        for one in value if isinstance(value, list) else [value]:
            if name in ALLOWED and one not in ALLOWED[name]:
                found.append(f"{name} cannot be {one}")
            if name not in ALLOWED:
                found += logs.faults({**line, name: one}, fields)
    return found + [f"{name} is lost" for name in line if name not in made]


def broken(pipeline: dict) -> list[dict]:
    """Pipelines that must be found out."""
    def changed(old: str, new: str) -> dict:
        return json.loads(json.dumps(pipeline).replace(old, new))
    return [changed('"event.kind"', '"event.sort"'), changed('"success"', '"fine"'), changed('"dot_expander"', '"dot_expand"'),
            changed("ctx.http?.response?.status_code", "ctx.http.response.status_code"), changed('["web"]', '["www"]'),
            changed('"field": "*"', '"field": "http"'), changed("status_code < 500", "status_code < many")]


def check(checks: Checks, lines: list[dict]) -> None:
    if not logs.SCHEMA.exists():
        checks.skip("the way of the log into Elasticsearch: the schema is not here (SOCIALTREND_SHARED)")
        return
    fields = logs.schema()
    pipeline = json.loads((FOLDER / "elasticsearch-pipeline.json").read_text())
    found = sorted({fault for line in lines for fault in faults(pipeline, line, fields)})
    checks.expect(not found, f"the log behind the ingest pipeline: {found}")
    answered = [flat(run(pipeline, line)) for line in lines if "http.response.status_code" in line]
    checks.expect(bool(answered) and all(line["event.outcome"] == ("failure" if line["http.response.status_code"] >= 500 else "success")
                                         for line in answered), "answers have an outcome")
    for wrong in broken(pipeline):
        checks.expect(any(faults(wrong, line, fields) for line in lines), f"a broken pipeline is not noticed: {wrong}")
    import yaml
    beat = yaml.safe_load((FOLDER / "filebeat.yml").read_text())
    parsers = {name: options for parser in beat["filebeat.inputs"][0]["parsers"] for name, options in parser.items()}
    checks.expect(set(parsers["ndjson"]) <= NDJSON_KEYS and parsers["ndjson"]["expand_keys"], "Filebeat takes the names apart at their dots")
    output = beat["output.elasticsearch"]
    checks.expect(output["pipeline"] == "socialtrend" and output["index"].startswith("logs-socialtrend-"), "and sends to our pipeline")
