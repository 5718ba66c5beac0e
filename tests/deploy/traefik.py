"""The labels by which a stack tells Traefik what to do: turned into what its file provider takes, and held against that one's schema."""
import re

from findings import Finding, schema

PREFIX = "traefik."
KINDS = {"routers": "httpRouter", "services": "httpService", "middlewares": "httpMiddleware"}
# What labels know and files do not: a server is found by its task.
OF_LABELS_ALONE = {"loadbalancer.server.port": "integer", "loadbalancer.server.scheme": "string", "loadbalancer.server.weight": "integer"}
OF_SWARM = {"traefik.enable": "boolean", "traefik.swarm.network": "string", "traefik.swarm.lbswarm": "boolean"}
MATCHERS = {"Host", "HostRegexp", "Path", "PathPrefix", "PathRegexp", "Method", "Header", "HeaderRegexp", "Query", "QueryRegexp", "ClientIP"}
FORMS = {"boolean": r"true|false", "integer": r"-?\d+", "number": r"-?\d+(\.\d+)?"}
DURATION = r"\d+|(\d+(\.\d+)?(ns|us|ms|s|m|h))+"
MEASURE = r"(NetworkErrorRatio\(\)|LatencyAtQuantileMS\(\d+(\.\d+)?\)|ResponseCodeRatio\(\d+, ?\d+, ?\d+, ?\d+\))"
BREAKER = rf"{MEASURE} ?(>|<|>=|<=|==|!=) ?\d+(\.\d+)?"


class Labels:
    """Of all services: name without the prefix `traefik.http.KIND.NAME.`, in the writing of the stack file."""

    def __init__(self, stack: dict) -> None:
        self.all = [(service, *label.partition("=")[::2]) for service, one in stack["services"].items()
                    for label in one.get("deploy", {}).get("labels", []) if label.startswith(PREFIX)]
        self.named: dict[str, dict[str, dict[str, str]]] = {kind: {} for kind in KINDS}
        for _, key, value in self.all:
            parts = key.split(".", 4)
            if len(parts) == 5 and parts[1] == "http" and parts[2] in KINDS:
                self.named[parts[2]].setdefault(parts[3], {})[parts[4].lower()] = value


def kind_of(definitions: dict, node: dict, path: list[str]) -> dict | None:
    """The part of the schema that a label's path leads to, whatever its capitals; None where there is no such thing."""
    if "$ref" in node:
        node = definitions[node["$ref"].rsplit("/", 1)[1]]
    if not path:
        return node
    for one in (node, *node.get("oneOf", []), *node.get("anyOf", [])):
        for name, inner in one.get("properties", {}).items():
            if name.lower() == re.sub(r"\[\d+\]$", "", path[0]).lower():
                inner = inner.get("items", {}) if path[0].endswith("]") else inner
                return kind_of(definitions, inner, path[1:])
        if isinstance(one.get("additionalProperties"), dict):
            return kind_of(definitions, one["additionalProperties"], path[1:])
    return None


def check_value(key: str, value: str, kind: dict) -> str:
    """What is wrong with it, or nothing."""
    form = FORMS.get(kind.get("type", ""), "")
    if form and not re.fullmatch(form, value):
        return f"{key} must be {kind['type']}, it is {value!r}"
    if re.search(r"(interval|timeout|period|duration)$", key) and not re.fullmatch(DURATION, value):
        return f"{key} must be a time like 3s, it is {value!r}"
    return ""


def check_label(key: str, value: str, definitions: dict) -> str:
    if key in OF_SWARM:
        return check_value(key, value, {"type": OF_SWARM[key]})
    parts = key.split(".", 4)
    if len(parts) < 5 or parts[1] != "http" or parts[2] not in KINDS:
        return f"Traefik does not know {key}"
    if parts[4].lower() in OF_LABELS_ALONE:
        return check_value(key, value, {"type": OF_LABELS_ALONE[parts[4].lower()]})
    kind = kind_of(definitions, definitions[KINDS[parts[2]]], parts[4].split("."))
    return f"Traefik does not know {key}" if kind is None else check_value(key, value, kind)


def check_rule(rule: str) -> str:
    if rule.count("(") != rule.count(")") or not re.search(r"\bHost\(`[^`]+`\)", rule):
        return "needs a rule with a Host"
    unknown = set(re.findall(r"(\w+)\(", rule)) - MATCHERS
    left = re.sub(r"\w+\((`[^`]*`(, ?`[^`]*`)*)\)|&&|\|\||!|[() ]", "", rule)
    return f"no rule that Traefik understands: {rule}" if unknown or left else ""


def check_routers(place: str, labels: Labels, entry_points: set[str], resolvers: set[str]) -> list[Finding]:
    findings = []
    ports = {name for name, given in labels.named["services"].items() if "loadbalancer.server.port" in given}
    for name, router in sorted(labels.named["routers"].items()):
        here = f"{place}: router {name}"
        if wrong := check_rule(router.get("rule", "")):
            findings.append(Finding(here, wrong))
        if router.get("entrypoints") not in entry_points:
            findings.append(Finding(here, f"entry point {router.get('entrypoints')} is not declared"))
        if router.get("tls.certresolver") not in resolvers:
            findings.append(Finding(here, f"certificate resolver {router.get('tls.certresolver')} is not declared"))
        if router.get("service") not in ports:
            findings.append(Finding(here, f"service {router.get('service')} has no port"))
        for middleware in filter(None, router.get("middlewares", "").split(",")):
            if middleware not in labels.named["middlewares"]:
                findings.append(Finding(here, f"middleware {middleware} is not declared"))
    return findings


def check_middlewares(place: str, labels: Labels) -> list[Finding]:
    findings = []
    for name, given in sorted(labels.named["middlewares"].items()):
        here = f"{place}: middleware {name}"
        if len({key.split(".")[0] for key in given}) != 1:
            findings.append(Finding(here, "a middleware is of one kind"))
        expression = given.get("circuitbreaker.expression")
        if expression and not all(re.fullmatch(BREAKER, part.strip()) for part in re.split(r"&&|\|\|", expression)):
            findings.append(Finding(here, f"no condition that a circuit breaker understands: {expression}"))
        if any(key.startswith("retry.") for key in given) and given.get("retry.attempts", "0") in ("0", "1"):
            findings.append(Finding(here, "a retry needs more than one attempt"))
    return findings


def check_traefik(place: str, stack: dict) -> list[Finding]:
    own = stack["services"].get("traefik", {})
    command = " ".join(own.get("command", []))
    entry_points = set(re.findall(r"--entrypoints\.(\w+)\.address", command))
    resolvers = set(re.findall(r"--certificatesresolvers\.(\w+)\.", command))
    findings = []
    if "--api.insecure=true" in command:
        findings.append(Finding(f"{place}/traefik", "its dashboard is open"))
    if own.get("deploy", {}).get("replicas") != 1:
        findings.append(Finding(f"{place}/traefik", "certificates lie on one disk: one replica"))
    if not re.search(r"--entrypoints\.\w+\.http\.redirections\.entrypoint\.to=websecure", command):
        findings.append(Finding(f"{place}/traefik", "leaves people on http"))
    findings += [Finding(f"{place}/{name}", "Traefik reads the labels of the service: put them under deploy")
                 for name, one in stack["services"].items() if "labels" in one]
    labels = Labels(stack)
    definitions = schema("traefik-v3-file-provider.json")["definitions"]
    for service, key, value in labels.all:
        if wrong := check_label(key, value, definitions):
            findings.append(Finding(f"{place}/{service}", wrong))
        if key == "traefik.swarm.network" and value.removeprefix("socialtrend_") not in stack.get("networks", {}):
            findings.append(Finding(f"{place}/{service}", f"there is no network {value}"))
    for service in sorted({service for service, _, _ in labels.all}):
        if (service, "traefik.enable", "true") not in labels.all and "--providers.swarm.exposedbydefault=false" in command:
            findings.append(Finding(f"{place}/{service}", "is not seen by Traefik without traefik.enable=true"))
    for name, given in labels.named["services"].items():
        if not given.get("loadbalancer.healthcheck.path", "").startswith("/"):
            findings.append(Finding(f"{place}: service {name}", "without a health check a task that stops gets requests"))
    return findings + check_routers(place, labels, entry_points, resolvers) + check_middlewares(place, labels)
