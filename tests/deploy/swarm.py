"""deploy/docker-swarm: the schema of stack files, what Swarm ignores or refuses, the labels of Traefik and of our autoscaler."""
import re
import types

import jsonschema
import yaml
from findings import DEPLOY, Finding, Folder, against, schema

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
    for kind in ("configs", "secrets"):
        for name, one in stack.get(kind, {}).items():
            if "file" in one and one["file"].replace("../", "").replace("./", "docker-swarm/") not in folder.files:
                findings.append(Finding(PLACE, f"{kind}/{name}: {one['file']} is not there"))
            if "name" not in one or not re.search(r"_x$", one["name"]):
                findings.append(Finding(PLACE, f"{kind}/{name} cannot be changed without a version in its name"))
    if stack["services"].get("pgbouncer", {}).get("stop_signal") != "SIGINT":
        findings.append(Finding(f"{PLACE}/pgbouncer", "stops without an end to what is under way: SIGINT lets it end"))
    return findings + check_traefik(stack)


def number(text: object) -> float:
    """0.5, "2", 512M: how much."""
    found = re.fullmatch(r"([\d.]+)([KMG]?)", str(text))
    return float(found[1]) * {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}[found[2]] if found else 0.0


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
    if "socialtrend-" in one["image"]:
        findings += check_role(place, one, deploy)
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
    environment = one.get("environment", {})
    stop = sum(int(environment.get(key, "0s").rstrip("s")) for key in ("DRAIN_DELAY", "STOP_TIMEOUT"))
    if stop >= int(str(one.get("stop_grace_period", "10s")).rstrip("s")):
        findings.append(Finding(place, f"stopping takes up to {stop} s, more than stop_grace_period"))
    for name in ("DATABASE_URL", "APP_KEY", "REDIS_URL"):
        if name in environment:
            findings.append(Finding(place, f"{name} is a secret: hand it over as {name}_FILE"))
    return findings


def check_traefik(stack: dict) -> list[Finding]:
    findings = []
    command = " ".join(stack["services"].get("traefik", {}).get("command", []))
    entry_points = set(re.findall(r"--entrypoints\.(\w+)\.address", command))
    resolvers = set(re.findall(r"--certificatesresolvers\.(\w+)\.", command))
    if "--api.insecure=true" in command:
        findings.append(Finding(f"{PLACE}/traefik", "its dashboard is open"))
    if stack["services"].get("traefik", {}).get("deploy", {}).get("replicas") != 1:
        findings.append(Finding(f"{PLACE}/traefik", "certificates lie on one disk: one replica"))
    labels = {}
    for name, one in stack["services"].items():
        if "labels" in one:
            findings.append(Finding(f"{PLACE}/{name}", "Traefik reads the labels of the service: put them under deploy"))
        for label in one.get("deploy", {}).get("labels", []):
            key, _, value = label.partition("=")
            labels[key] = (name, value)
    middlewares = {match[1] for key in labels if (match := re.match(r"traefik\.http\.middlewares\.([\w-]+)\.", key))}
    services = {match[1] for key in labels if (match := re.match(r"traefik\.http\.services\.([\w-]+)\.loadbalancer\.server\.port$", key))}
    routers = {match[1] for key in labels if (match := re.match(r"traefik\.http\.routers\.([\w-]+)\.", key))}
    for router in sorted(routers):
        here = {key.rsplit(f"routers.{router}.", 1)[1]: value for key, (_, value) in labels.items() if f"routers.{router}." in key}
        place = f"{PLACE}: router {router}"
        if not re.search(r"Host\(`[^`]+`\)", here.get("rule", "")) or here["rule"].count("(") != here["rule"].count(")"):
            findings.append(Finding(place, "needs a rule with a Host"))
        if here.get("entrypoints") not in entry_points:
            findings.append(Finding(place, f"entry point {here.get('entrypoints')} is not declared"))
        if here.get("tls.certresolver") not in resolvers:
            findings.append(Finding(place, f"certificate resolver {here.get('tls.certresolver')} is not declared"))
        if here.get("service") not in services:
            findings.append(Finding(place, f"service {here.get('service')} has no port"))
        for middleware in filter(None, here.get("middlewares", "").split(",")):
            if middleware not in middlewares:
                findings.append(Finding(place, f"middleware {middleware} is not declared"))
    return findings
