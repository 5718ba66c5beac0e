"""deploy/observability: Prometheus' and Alertmanager's own checks, dashboards, and names that the program really exposes."""
import pathlib
import re
import shutil
import subprocess
import tempfile

import jsonschema
import logstash
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
    findings += check_alerts(folder, [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule])
    findings += check_dashboards(folder, known)
    return findings + logstash.check(folder) + run_tools(folder)


def check_alerts(folder: Folder, alerts: list[dict]) -> list[Finding]:
    """Each says how bad it is, is shown to fire, and stands in the manual."""
    findings = []
    tests = folder.yaml("observability/prometheus/rules_test.yml")["tests"]
    fired = {case["alertname"] for test in tests for case in test.get("alert_rule_test", []) if case.get("exp_alerts")}
    manual = (ROOT / "docs/operating/observability.md").read_text()
    for alert in alerts:
        name = alert["alert"]
        if alert.get("labels", {}).get("severity") not in ("warning", "critical"):
            findings.append(Finding(RULES, f"{name} has no severity that Alertmanager routes"))
        if name not in fired:
            findings.append(Finding(RULES, f"no test shows that {name} fires"))
        if f"`{name}`" not in manual:
            findings.append(Finding(RULES, f"docs/operating/observability.md does not name {name}"))
    return findings


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
    findings += check_kubernetes(folder, files)
    # Debian's Alertmanager is older than the one of the stack and knows no url_file.
    place = "observability/alertmanager/alertmanager.yml"
    old = re.sub(r"url_file: .*", "url: http://127.0.0.1:1/", folder.files[place])
    return findings + promtool(place, {"alertmanager.yml": old}, ["check-config", "alertmanager.yml"], "amtool")


def check_kubernetes(folder: Folder, files: dict[str, str]) -> list[Finding]:
    """Debian's promtool knows no discovery in Kubernetes: that part is held against its words, the rest is promtool's."""
    place = "observability/prometheus/kubernetes.yml"
    document = folder.yaml(place)
    findings = []
    for one in document.get("alerting", {}).get("alertmanagers", []) + document["scrape_configs"]:
        for discovery in one.pop("kubernetes_sd_configs", []):
            if discovery.get("role") not in ("node", "service", "pod", "endpoints", "endpointslice", "ingress"):
                findings.append(Finding(place, f"no role of kubernetes_sd_configs: {discovery.get('role')}"))
            findings += [Finding(place, f"kubernetes_sd_configs has no {key}")
                         for key in discovery.keys() - {"role", "namespaces", "selectors", "api_server", "attach_metadata", "kubeconfig_file"}]
        one["static_configs"] = []
    if "alerting" not in document:
        findings.append(Finding(place, "alerts are sent to nobody"))
    return findings + promtool(place, {**files, "kubernetes.yml": yaml.safe_dump(document)}, ["check", "config", "--syntax-only", "kubernetes.yml"])


def promtool(place: str, files: dict[str, str], arguments: list[str], tool: str = "promtool") -> list[Finding]:
    if shutil.which(tool) is None:
        raise FileNotFoundError(tool)
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in files.items():
            (pathlib.Path(scratch) / name).write_text(text)
        done = subprocess.run([tool, *arguments], cwd=scratch, capture_output=True, text=True)
    return [Finding(place, f"{tool}: {(done.stdout + done.stderr).strip()[-400:]}")] if done.returncode else []
