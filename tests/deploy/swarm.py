"""deploy/docker-swarm: the schema of stack files, what Swarm ignores or refuses, the labels of Traefik and of our autoscaler."""
import re
import types

import jsonschema
import yaml
from findings import DEPLOY, Finding, Folder, against, schema
from settings import check_names
from traefik import check_traefik

autoscaler = types.ModuleType("autoscaler")  # by hand: an import would leave its bytecode in deploy/
exec((DEPLOY / "docker-swarm/autoscaler").read_text(), autoscaler.__dict__)

PLACE = "docker-swarm/docker-stack.yml"
IGNORED = {"container_name", "restart", "build", "links", "security_opt", "depends_on", "cgroup_parent", "devices"}
GIVEN = {"DOMAIN", "ACME_EMAIL", "REGISTRY", "TAG", "CONFIG_DIGEST", "SECRET_VERSION", "DATABASE_VERSION", "REDIS_VERSION",
         "APP_KEY_VERSION"}


def check(folder: Folder) -> list[Finding]:
    text = "\n".join(line for line in folder.files[PLACE].splitlines() if not line.lstrip().startswith("#"))
    findings = [Finding(PLACE, f"deploy.sh does not set ${{{name}}}")
                for name in re.findall(r"(?<!\$)\$\{([A-Z_]+)\}", text) if name not in GIVEN]
    stack = yaml.safe_load(re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", re.sub(r"(?<!\$)\$\{([A-Z_]+)\}", "x", text)))
    findings += against(stack, jsonschema.Draft7Validator(schema("compose-spec.json")), PLACE)
    for name, one in stack["services"].items():
        findings += check_service(f"{PLACE}/{name}", one, stack) + check_autoscaling(f"{PLACE}/{name}", one, folder)
        findings += check_reach(f"{PLACE}/{name}", name, one) + check_data(f"{PLACE}/{name}", one)
    for kind in ("configs", "secrets"):
        for name, one in stack.get(kind, {}).items():
            if not {"file", "external"} & one.keys():
                findings.append(Finding(PLACE, f"{kind}/{name} comes from nowhere"))
            if "file" in one and one["file"].replace("../", "").replace("./", "docker-swarm/") not in folder.files:
                findings.append(Finding(PLACE, f"{kind}/{name}: {one['file']} is not there"))
            if kind == "secrets" and not one.get("external"):
                findings.append(Finding(PLACE, f"secrets/{name} would lie in a file beside the stack"))
            if "name" not in one or not re.search(r"_x$", one["name"]):
                findings.append(Finding(PLACE, f"{kind}/{name} cannot be changed without a version in its name"))
    if stack["services"].get("pgbouncer", {}).get("stop_signal") != "SIGINT":
        findings.append(Finding(f"{PLACE}/pgbouncer", "stops without an end to what is under way: SIGINT lets it end"))
    if stack["services"].get("pgbouncer", {}).get("environment", {}).get("POOL_MODE") != "transaction":
        findings.append(Finding(f"{PLACE}/pgbouncer", "POOL_MODE must be transaction: a session would hold a connection for each of ours"))
    return findings + check_traefik(PLACE, stack)


def number(text: object) -> float:
    """0.5, "2", 512M: how much."""
    found = re.fullmatch(r"([\d.]+)([KMG]?)", str(text))
    return float(found[1]) * {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}[found[2]] if found else 0.0


def seconds(text: object) -> float:
    """Of 500ms, 5s, 1m30s; what cannot be read counts as none."""
    parts = re.findall(r"(\d+)(ms|s|m|h)", str(text))
    return sum(int(count) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit] for count, unit in parts)


def check_service(place: str, one: dict, stack: dict) -> list[Finding]:
    findings = [Finding(place, f"Swarm ignores {key}") for key in one if key in IGNORED]
    deploy = one.get("deploy", {})
    if "limits" not in deploy.get("resources", {}):
        findings.append(Finding(place, "no limits"))
    sizes = deploy.get("resources", {})
    if any(number(sizes.get("reservations", {}).get(key, 0)) > number(sizes.get("limits", {}).get(key, 1e18)) for key in ("cpus", "memory")):
        findings.append(Finding(place, "reserves more than its limits allow"))
    for constraint in deploy.get("placement", {}).get("constraints", []):
        if not re.fullmatch(r"(node\.(id|hostname|role|platform\.(os|arch)|labels\.[\w.-]+)|engine\.labels\.[\w.-]+) ?(==|!=) ?[\w.-]+", constraint):
            findings.append(Finding(place, f"no constraint that Swarm knows: {constraint}"))
    for kind in ("update_config", "rollback_config"):
        config = deploy.get(kind, {})
        if config.get("order", "stop-first") not in ("start-first", "stop-first") or config.get("failure_action", "pause") not in ("continue", "rollback", "pause"):
            findings.append(Finding(place, f"{kind}: Swarm does not know these words"))
    if deploy.get("mode") == "global" and "replicas" in deploy:
        findings.append(Finding(place, "a global service has no replicas"))
    findings += [Finding(place, f"networks: {name} is not declared") for name in one.get("networks", []) if name not in stack.get("networks", {})]
    for volume in one.get("volumes", []):
        source = volume.split(":")[0] if isinstance(volume, str) else volume.get("source", "")
        if source and not source.startswith(("/", ".")) and source not in stack.get("volumes", {}):
            findings.append(Finding(place, f"volumes: {source} is not declared"))
    if one["image"].endswith(":latest") or ":" not in one["image"].split("/")[-1]:
        findings.append(Finding(place, f"the image {one['image']} names no release"))
    if deploy.get("endpoint_mode") not in (None, "vip", "dnsrr"):
        findings.append(Finding(place, f"there is no endpoint_mode {deploy['endpoint_mode']}"))
    for port in one.get("ports", []):
        if deploy.get("endpoint_mode") == "dnsrr" and (not isinstance(port, dict) or port.get("mode") != "host"):
            findings.append(Finding(place, "a port of the ingress mesh cannot be used with dnsrr"))
    for kind in ("secrets", "configs"):
        for used in one.get(kind, []):
            name = used if isinstance(used, str) else used["source"]
            if name not in stack.get(kind, {}):
                findings.append(Finding(place, f"{kind}: {name} is not declared"))
    if not one.get("networks"):
        findings.append(Finding(place, "is on no network of the stack"))
    if "socialtrend-" in one["image"]:
        findings += check_role(place, one, deploy) + check_settings(place, one)
    return findings


def check_settings(place: str, one: dict) -> list[Finding]:
    """Names that the program knows, and files that are really handed over."""
    environment = one.get("environment", {})
    handed = {f"/run/secrets/{used if isinstance(used, str) else used.get('target', used['source'])}" for used in one.get("secrets", [])}
    return check_names(place, list(environment)) + [
        Finding(place, f"{key}: {value} is not handed over") for key, value in environment.items()
        if str(value).startswith("/run/secrets/") and value not in handed]


def check_reach(place: str, name: str, one: dict) -> list[Finding]:
    """Who can be asked from outside, and who may ask Docker."""
    findings = []
    if one.get("ports") and name != "traefik":
        findings.append(Finding(place, "only the edge is open to the world"))
    constraints = one.get("deploy", {}).get("placement", {}).get("constraints", [])
    if any("docker.sock" in str(volume) for volume in one.get("volumes", [])) and "node.role == manager" not in constraints:
        findings.append(Finding(place, "only a manager's Docker answers about services"))
    environment = one.get("environment", {})
    pairs = environment.items() if isinstance(environment, dict) else (pair.partition("=")[::2] for pair in environment)
    findings += [Finding(place, f"{key} is a secret: hand it over as a file") for key, _ in pairs
                 if re.search(r"PASSWORD|SECRET|TOKEN|APP_KEY|_URL$", key) and not key.endswith("_FILE") and key != "PUBLIC_URL"]
    return findings


def check_data(place: str, one: dict) -> list[Finding]:
    """What lies in a local volume lies on one node: its service is one task, stays there, and is never twice."""
    kept = [volume for volume in one.get("volumes", []) if isinstance(volume, str) and re.match(r"[\w-]+:", volume)]
    if not kept or "socialtrend-" in one["image"]:  # media: docs/media.md
        return []
    deploy = one.get("deploy", {})
    findings = []
    if deploy.get("replicas", 1) != 1:
        findings.append(Finding(place, "two tasks would write to one volume"))
    if not deploy.get("placement", {}).get("constraints"):
        findings.append(Finding(place, "on another node its volume would be empty: it needs a constraint"))
    if deploy.get("update_config", {}).get("order") != "stop-first":
        findings.append(Finding(place, "the old task must have left the volume before the new one comes: stop-first"))
    return findings


def check_autoscaling(place: str, one: dict, folder: Folder) -> list[Finding]:
    """The autoscaler's own reading of its labels; what a query asks for must be recorded."""
    labels = dict(label.split("=", 1) for label in one.get("deploy", {}).get("labels", []) if label.startswith(autoscaler.PREFIX))
    if not labels:
        return []
    try:
        policy = autoscaler.Policy(labels)
    except autoscaler.Mistake as mistake:
        return [Finding(place, str(mistake))]
    findings = []
    if not policy.smallest <= int(one["deploy"].get("replicas", 1)) <= policy.largest:
        findings.append(Finding(place, "the autoscaler would change its replicas at once"))
    recorded = re.findall(r"record: (\S+)", folder.files["observability/prometheus/rules.yml"])
    if policy.signal != "workers" and policy.signal.split("{")[0] not in recorded:
        findings.append(Finding(place, f"nothing records {policy.signal}"))
    return findings


def check_role(place: str, one: dict, deploy: dict) -> list[Finding]:
    findings = []
    if one.get("healthcheck", {}).get("test") != ["CMD", "/usr/bin/socialtrend", "healthcheck"]:
        findings.append(Finding(place, "the health check must be the binary's own"))
    update = deploy.get("update_config", {})
    if update.get("order") != "start-first" or update.get("failure_action") != "rollback":
        findings.append(Finding(place, "updates start first and roll back by themselves"))
    if not one.get("read_only") or one.get("cap_drop") != ["ALL"]:
        findings.append(Finding(place, "the container may do more than it needs"))
    if not 1 <= int(update.get("parallelism", 1)) < int(deploy.get("replicas", 1)):
        findings.append(Finding(place, "an update changes one task after the other"))
    environment = one.get("environment", {})
    interval = [label.rpartition("=")[2] for label in deploy.get("labels", []) if "healthcheck.interval" in label]
    drain = seconds(environment.get("DRAIN_DELAY"))
    if drain < (seconds(interval[0]) if interval else 1):
        findings.append(Finding(place, f"drains for {drain:g} s: the edge notices too late that it stops"))
    stop = drain + seconds(environment.get("STOP_TIMEOUT"))
    if stop >= seconds(one.get("stop_grace_period", "10s")):
        findings.append(Finding(place, f"stopping takes up to {stop:g} s, more than stop_grace_period"))
    return findings
