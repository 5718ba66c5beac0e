"""deploy/observability: Prometheus' and Alertmanager's own checks, dashboards, and names that the program really exposes."""
import pathlib
import re
import shutil
import subprocess
import tempfile

import jsonschema
import yaml
from findings import ROOT, Finding, Folder, against, schema

RULES = "observability/prometheus/rules.yml"
# Made by Prometheus itself.
OTHERS = {"up"}


def exposed() -> set[str]:
    """Every metric name in the sources: what a process can expose."""
    names = set()
    for path in (ROOT / "src").rglob("*.cpp"):
        if path.name.endswith("_test.cpp"):
            continue
        names |= set(re.findall(r'"((?:[a-z]+_)+[a-z]+)"', path.read_text()))
    return names


def metrics_in(expression: str) -> set[str]:
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    return {name for name in re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b", bare) if "_" in name or ":" in name or name in OTHERS} - \
           {"histogram_quantile", "avg_over_time", "max_over_time"}


def check(folder: Folder) -> list[Finding]:
    rules = folder.yaml(RULES)
    recorded = {rule["record"] for group in rules["groups"] for rule in group["rules"] if "record" in rule}
    known = exposed() | recorded | OTHERS
    findings = check_names(RULES, [rule["expr"] for group in rules["groups"] for rule in group["rules"]], known)
    findings += against(rules, jsonschema.Draft7Validator(schema("prometheus.rules.json")), RULES)
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "alert" in rule and not {"summary", "action"} <= rule.get("annotations", {}).keys():
                findings.append(Finding(RULES, f"{rule['alert']} does not say what it means and what helps"))
    findings += check_dashboards(folder, known)
    return findings + run_tools(folder)


def check_names(place: str, expressions: list[str], known: set[str]) -> list[Finding]:
    return [Finding(place, f"nothing exposes {name}") for expression in expressions for name in sorted(metrics_in(expression))
            if re.sub(r"_(bucket|sum|count)$", "", name) not in known and name not in known]


def check_dashboards(folder: Folder, known: set[str]) -> list[Finding]:
    findings = []
    document = schema("grafana-dashboard.jsonschema.json")
    validator = jsonschema.validators.validator_for(document)(document)
    for place in folder.matching("observability/grafana/", ".json"):
        board = folder.json(place)
        findings += against(board, validator, place)
        expressions = [target["expr"] for panel in board.get("panels", []) for target in panel.get("targets", [])]
        if not expressions:
            findings.append(Finding(place, "shows nothing"))
        findings += check_names(place, expressions, known)
        findings += check_expressions(place, expressions)
    return findings


def check_expressions(place: str, expressions: list[str]) -> list[Finding]:
    """Every panel's query as a recording rule, which promtool parses."""
    rules = {"groups": [{"name": "panels", "rules": [{"record": f"panel:{i}", "expr": one} for i, one in enumerate(expressions)]}]}
    return promtool(place, {"panels.yml": yaml.safe_dump(rules)}, ["check", "rules", "panels.yml"])


def run_tools(folder: Folder) -> list[Finding]:
    files = {path.rsplit("/", 1)[1]: folder.files[path] for path in folder.matching("observability/prometheus/", ".yml")}
    findings = promtool(RULES, files, ["check", "rules", "rules.yml"])
    findings += promtool(RULES, files, ["test", "rules", "rules_test.yml"])
    findings += promtool("observability/prometheus/swarm.yml", files, ["check", "config", "--syntax-only", "swarm.yml"])
    # Debian's Alertmanager is older than the one of the stack and knows no url_file.
    place = "observability/alertmanager/alertmanager.yml"
    old = re.sub(r"url_file: .*", "url: http://127.0.0.1:1/", folder.files[place])
    return findings + promtool(place, {"alertmanager.yml": old}, ["check-config", "alertmanager.yml"], "amtool")


def promtool(place: str, files: dict[str, str], arguments: list[str], tool: str = "promtool") -> list[Finding]:
    if shutil.which(tool) is None:
        raise FileNotFoundError(tool)
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in files.items():
            (pathlib.Path(scratch) / name).write_text(text)
        done = subprocess.run([tool, *arguments], cwd=scratch, capture_output=True, text=True)
    return [Finding(place, f"{tool}: {(done.stdout + done.stderr).strip()[-400:]}")] if done.returncode else []
