"""deploy/kubernetes: the API's own schema closed to unknown keys, KEDA's, and what holds between objects."""
import copy
import functools
import re
import subprocess
import tempfile
import pathlib
import urllib.parse

import jsonschema
import yaml
from findings import Finding, Folder, against, schema
from settings import check_names

OVERLAYS = ("production", "small")
# The words that a string may be; the swagger knows them only in its descriptions.
WORDS = {"imagePullPolicy": {"Always", "IfNotPresent", "Never"}, "restartPolicy": {"Always", "OnFailure", "Never"},
         "pathType": {"Exact", "Prefix", "ImplementationSpecific"}, "whenUnsatisfiable": {"DoNotSchedule", "ScheduleAnyway"},
         "protocol": {"TCP", "UDP", "SCTP"}, "operator": {"In", "NotIn", "Exists", "DoesNotExist"}, "scaleDown.selectPolicy": {"Max", "Min", "Disabled"},
         "strategy.type": {"RollingUpdate", "Recreate"}, "target.type": {"Utilization", "AverageValue", "Value"},
         "seccompProfile.type": {"RuntimeDefault", "Localhost", "Unconfined"}}


@functools.cache
def definitions() -> dict:
    """The swagger, with every object closed and quantities that may be written as numbers."""
    document = copy.deepcopy(schema("k8s-swagger.json"))
    for one in document["definitions"].values():
        if "properties" in one:
            one.setdefault("additionalProperties", False)
    document["definitions"]["io.k8s.apimachinery.pkg.api.resource.Quantity"] = {"type": ["string", "number"], "pattern": r"^[0-9.]+(m|k|Ki|M|Mi|G|Gi|T|Ti)?$"}
    document["definitions"]["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = {"type": ["string", "integer"]}
    return document


@functools.cache
def kinds() -> dict[tuple[str, str], str]:
    found = {}
    for name, one in definitions()["definitions"].items():
        for kind in one.get("x-kubernetes-group-version-kind", []):
            found["/".join(filter(None, (kind["group"], kind["version"]))), kind["kind"]] = name
    return found


@functools.cache
def validator(reference: str):
    return jsonschema.Draft7Validator({"$ref": f"#/definitions/{reference}", "definitions": definitions()["definitions"]})


@functools.cache
def keda() -> jsonschema.Draft7Validator:
    version = next(one for one in schema("keda.sh_scaledobjects.crd.yaml")["spec"]["versions"] if one["name"] == "v1alpha1")
    return jsonschema.Draft7Validator(closed(version["schema"]["openAPIV3Schema"]))


def closed(node):
    if isinstance(node, list):
        return [closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    node = {key: closed(value) for key, value in node.items()}
    if node.get("type") == "object" and isinstance(node.get("properties"), dict) and not node.get("x-kubernetes-preserve-unknown-fields"):
        node.setdefault("additionalProperties", False)
    if node.get("x-kubernetes-int-or-string"):
        node = {"type": ["string", "integer"]}
    return node


def render(folder: Folder, overlay: str) -> list[dict]:
    with tempfile.TemporaryDirectory() as scratch:
        for path in folder.matching("kubernetes/", ".yaml"):
            target = pathlib.Path(scratch) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(folder.files[path])
        done = subprocess.run(["kubectl", "kustomize", f"{scratch}/kubernetes/overlays/{overlay}"], capture_output=True, text=True)
        if done.returncode:
            raise ValueError(done.stderr.strip().replace(scratch + "/", ""))
        return [one for one in yaml.safe_load_all(done.stdout) if one]


def check(folder: Folder) -> list[Finding]:
    findings = check_rules(folder)
    for overlay in OVERLAYS:
        try:
            objects = render(folder, overlay)
        except ValueError as error:
            findings.append(Finding(f"kubernetes/overlays/{overlay}", str(error)[:300]))
            continue
        for one in objects:
            place = f"kubernetes/overlays/{overlay}/{one['kind']}/{one['metadata']['name']}"
            findings += check_object(place, one)
        findings += check_together(f"kubernetes/overlays/{overlay}", objects)
    return findings


def check_object(place: str, one: dict) -> list[Finding]:
    version = one["apiVersion"]
    if (version, one["kind"]) in kinds():
        findings = against(one, validator(kinds()[version, one["kind"]]), place)
    elif one["kind"] == "ScaledObject":
        findings = against({**one, "metadata": {}}, keda(), place) + check_triggers(place, one)
    elif (version, one["kind"]) in (("keda.sh/v1alpha1", "TriggerAuthentication"), ("monitoring.coreos.com/v1", "ServiceMonitor"),
                                    ("monitoring.coreos.com/v1", "PrometheusRule")):
        findings = []
    else:
        return [Finding(place, f"there is no {one['kind']} in {version}")]
    findings += check_words(place, one)
    template = one.get("spec", {}).get("template", {}).get("spec")
    return findings + (check_pod(place, template) if template else [])


def check_words(place: str, node: object, above: str = "") -> list[Finding]:
    if isinstance(node, list):
        return [finding for one in node for finding in check_words(place, one, above)]
    if not isinstance(node, dict):
        return []
    findings = []
    for key, value in node.items():
        allowed = WORDS.get(f"{above}.{key}", WORDS.get(key))
        if allowed and isinstance(value, str) and value not in allowed:
            findings.append(Finding(place, f"{key} is one of {sorted(allowed)}, not {value}"))
        findings += check_words(place, value, key)
    return findings


def check_triggers(place: str, one: dict) -> list[Finding]:
    known = {scaler["type"]: {entry["name"] for entry in scaler.get("parameters", [])} for scaler in schema("keda-scalers-schema.json")["scalers"]}
    findings = []
    for trigger in one["spec"]["triggers"]:
        if trigger["type"] not in known:
            findings.append(Finding(place, f"KEDA has no trigger {trigger['type']}"))
            continue
        for key, value in trigger["metadata"].items():
            if key not in known[trigger["type"]]:
                findings.append(Finding(place, f"trigger {trigger['type']} has no {key}"))
            if not isinstance(value, str):
                findings.append(Finding(place, f"{key} of a trigger must be a string"))
    return findings


def check_pod(place: str, pod: dict) -> list[Finding]:
    findings = []
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        findings.append(Finding(place, "the pod may run as root or without a seccomp profile"))
    for one in pod["containers"]:
        own = one.get("securityContext", {})
        if not own.get("readOnlyRootFilesystem") or own.get("allowPrivilegeEscalation") is not False or own.get("capabilities", {}).get("drop") != ["ALL"]:
            findings.append(Finding(place, f"container {one['name']} may do more than it needs"))
        if "cpu" not in one.get("resources", {}).get("requests", {}) or "memory" not in one.get("resources", {}).get("limits", {}):
            findings.append(Finding(place, f"container {one['name']} needs a CPU request and a memory limit"))
        if ":" not in one["image"].split("/")[-1] or one["image"].endswith(":latest"):
            findings.append(Finding(place, f"the image {one['image']} names no release"))
        ports = {port["name"] for port in one.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            port = one.get(probe, {}).get("httpGet", {}).get("port")
            if isinstance(port, str) and port not in ports:
                findings.append(Finding(place, f"{probe} asks port {port}, which is not there"))
        if "readinessProbe" not in one and "livenessProbe" in one:
            findings.append(Finding(place, f"container {one['name']} is alive and never said to be ready"))
        if one.get("livenessProbe", {}).get("httpGet", {}).get("path", "/api/health/live") != "/api/health/live":
            findings.append(Finding(place, "liveness must not depend on anything: ask /api/health/live"))
    return findings


def check_together(place: str, objects: list[dict]) -> list[Finding]:
    findings = []
    by_kind: dict[str, dict[str, dict]] = {}
    for one in objects:
        by_kind.setdefault(one["kind"], {})[one["metadata"]["name"]] = one
    deployments = by_kind.get("Deployment", {})
    labels = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in deployments.items()}
    scaled = {}
    for name, one in deployments.items():
        if not one["spec"]["selector"]["matchLabels"].items() <= labels[name].items():
            findings.append(Finding(place, f"Deployment {name} does not select its own pods"))
    findings += check_references(place, by_kind, deployments)
    findings += check_askers(place, by_kind)
    for kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        for name, one in by_kind.get(kind, {}).items():
            target = one["spec"]["scaleTargetRef"]["name"]
            if target not in deployments:
                findings.append(Finding(place, f"{kind} {name} scales {target}, which is not there"))
            elif "replicas" in deployments[target]["spec"]:
                findings.append(Finding(place, f"Deployment {target} fixes replicas, which {kind} {name} decides"))
            if target in scaled:
                findings.append(Finding(place, f"both {scaled[target]} and {kind} {name} scale {target}"))
            scaled[target] = f"{kind} {name}"
            low, high = (("minReplicas", "maxReplicas") if kind.startswith("H") else ("minReplicaCount", "maxReplicaCount"))
            if one["spec"].get(low, 1) > one["spec"][high]:
                findings.append(Finding(place, f"{kind} {name}: {low} is above {high}"))
            findings += check_behavior(f"{place}/{kind}/{name}", one)
    for name, one in by_kind.get("PodDisruptionBudget", {}).items():
        if ("maxUnavailable" in one["spec"]) == ("minAvailable" in one["spec"]):
            findings.append(Finding(place, f"PodDisruptionBudget {name} needs maxUnavailable or minAvailable"))
    for name, one in by_kind.get("Namespace", {}).items():
        if one["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
            findings.append(Finding(place, f"Namespace {name} lets any pod in: pod-security.kubernetes.io/enforce"))
    for kind, selector in (("PodDisruptionBudget", lambda one: one["spec"]["selector"]["matchLabels"]), ("Service", lambda one: one["spec"]["selector"])):
        for name, one in by_kind.get(kind, {}).items():
            if not any(selector(one).items() <= pods.items() for pods in labels.values()):
                findings.append(Finding(place, f"{kind} {name} selects no pod"))
    for name, one in by_kind.get("Ingress", {}).items():
        for rule in one["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                offered = {word for port in by_kind.get("Service", {}).get(service["name"], {}).get("spec", {}).get("ports", [])
                           for word in (port.get("name"), port["port"])}
                asked = service.get("port", {}).get("name", service.get("port", {}).get("number"))
                if service["name"] not in by_kind.get("Service", {}):
                    findings.append(Finding(place, f"Ingress {name} leads to {service['name']}, which is not there"))
                elif asked not in offered or "path" not in path:
                    findings.append(Finding(place, f"Ingress {name}: {path.get('path')} leads to port {asked} of {service['name']}, which has {offered}"))
    return findings


def check_references(place: str, by_kind: dict, deployments: dict) -> list[Finding]:
    """Settings and ports that are named where they are used, and the time that stopping takes."""
    findings = []
    settings = by_kind.get("ConfigMap", {})
    for name, one in deployments.items():
        pod = one["spec"]["template"]["spec"]
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        waits: dict[str, str] = {}
        for container in pod["containers"]:
            for source in container.get("envFrom", []):
                wanted = source.get("configMapRef", {}).get("name")
                if wanted and wanted not in settings:
                    findings.append(Finding(place, f"Deployment {name} takes settings of {wanted}, which is not there"))
                waits |= settings.get(wanted, {}).get("data", {})
            findings += [Finding(place, f"Deployment {name}: {entry['name']} has neither value nor valueFrom") for entry in container.get("env", [])
                         if ("value" in entry) == ("valueFrom" in entry)]
            findings += check_names(place, [*waits, *(entry["name"] for entry in container.get("env", []))])
            waits |= {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}
            findings += [Finding(place, f"Deployment {name} mounts {mount['name']}, which is no volume")
                         for mount in container.get("volumeMounts", []) if mount["name"] not in volumes]
        stop = sum(int(waits.get(key, "0s").rstrip("s")) for key in ("DRAIN_DELAY", "STOP_TIMEOUT"))
        if stop >= pod.get("terminationGracePeriodSeconds", 30):
            findings.append(Finding(place, f"Deployment {name}: stopping takes up to {stop} s, more than terminationGracePeriodSeconds"))
    for name, one in by_kind.get("Service", {}).items():
        pods = [each["spec"]["template"] for each in deployments.values()
                if one["spec"]["selector"].items() <= each["spec"]["template"]["metadata"]["labels"].items()]
        ports = {word for pod in pods for container in pod["spec"]["containers"] for port in container.get("ports", [])
                 for word in (port.get("name"), port["containerPort"])}
        findings += [Finding(place, f"Service {name} leads to port {port.get('targetPort', port['port'])}, which no pod has")
                     for port in one["spec"]["ports"] if pods and port.get("targetPort", port["port"]) not in ports]
    return findings


def check_askers(place: str, by_kind: dict) -> list[Finding]:
    """Those who ask from namespaces of their own: KEDA and Prometheus."""
    findings = []
    services = by_kind.get("Service", {})
    for name, one in by_kind.get("ScaledObject", {}).items():
        for trigger in one["spec"]["triggers"]:
            host = urllib.parse.urlsplit(str(trigger["metadata"].get("url", ""))).hostname
            if trigger["type"] == "metrics-api" and host not in {f"{service}.{one['metadata']['namespace']}.svc{rest}"
                                                                 for service in services for rest in ("", ".cluster.local")}:
                findings.append(Finding(place, f"ScaledObject {name} asks {host}, which no name leads to from KEDA's namespace"))
    for name, one in by_kind.get("ServiceMonitor", {}).items():
        selected = [each for each in services.values() if one["spec"]["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items()]
        if not selected:
            findings.append(Finding(place, f"ServiceMonitor {name} selects no service"))
        for each in selected:
            if each["metadata"]["labels"].get(one["spec"].get("jobLabel")) != "socialtrend":
                findings.append(Finding(place, f"ServiceMonitor {name}: job is not socialtrend, which every rule asks for"))
            findings += [Finding(place, f"ServiceMonitor {name} asks port {endpoint.get('port')}, which {each['metadata']['name']} has not")
                         for endpoint in one["spec"]["endpoints"] if endpoint.get("port") not in {port["name"] for port in each["spec"]["ports"]}]
    return findings


def check_rules(folder: Folder) -> list[Finding]:
    """What the operator is given is what promtool tests."""
    place = "kubernetes/components/prometheus/rules.yaml"
    same = folder.yaml(place)["spec"] == folder.yaml("observability/prometheus/rules.yml")
    return [] if same else [Finding(place, "is not deploy/observability/prometheus/rules.yml: the command above its first line makes it anew")]


def check_behavior(place: str, one: dict) -> list[Finding]:
    findings = []
    spec = one["spec"]
    behavior = spec.get("behavior") or spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {}).get("behavior", {})
    for direction, rules in behavior.items():
        if not 0 <= rules.get("stabilizationWindowSeconds", 0) <= 3600:
            findings.append(Finding(place, f"{direction}: stabilizationWindowSeconds is from 0 to 3600"))
        for policy in rules.get("policies", []):
            if policy["type"] not in ("Pods", "Percent") or not 1 <= policy["periodSeconds"] <= 1800:
                findings.append(Finding(place, f"{direction}: a policy is Pods or Percent, with a period from 1 to 1800"))
    return findings
