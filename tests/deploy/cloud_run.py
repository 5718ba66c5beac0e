"""deploy/gcp-cloud-run: the schema of services, and the rules that no schema has."""
import re

import jsonschema
import yaml
from findings import Finding, Folder, against, schema
from settings import check_names

KNOWN = {"PROJECT", "REGION", "NETWORK", "SUBNETWORK", "SQL_INSTANCE", "PUBLIC_URL", "MEDIA_URL", "WORKERS", "TAG"}
SIZES = {"1": (128, 4096), "2": (128, 8192), "4": (2048, 16384), "6": (4096, 24576), "8": (4096, 32768)}  # cpu: MiB from, to
REVISION = {"autoscaling.knative.dev/minScale", "autoscaling.knative.dev/maxScale", "run.googleapis.com/cpu-throttling",
            "run.googleapis.com/startup-cpu-boost", "run.googleapis.com/sessionAffinity", "run.googleapis.com/execution-environment",
            "run.googleapis.com/cloudsql-instances", "run.googleapis.com/vpc-access-egress", "run.googleapis.com/network-interfaces",
            "run.googleapis.com/scaling-cpu-target", "run.googleapis.com/scaling-concurrency-target"}
SERVICE = {"run.googleapis.com/minScale", "run.googleapis.com/maxScale", "run.googleapis.com/scalingMode",
           "run.googleapis.com/manualInstanceCount", "run.googleapis.com/ingress", "run.googleapis.com/launch-stage"}


def check(folder: Folder) -> list[Finding]:
    findings = []
    validator = jsonschema.Draft7Validator(schema("cloud-run-v1.json"))
    for place in folder.matching("gcp-cloud-run/", ".yaml"):
        text = folder.files[place]
        for name in re.findall(r"\$\{(\w+)\}", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))):
            if name not in KNOWN:
                findings.append(Finding(place, f"deploy.sh does not fill in ${{{name}}}"))
        document = yaml.safe_load(re.sub(r"\$\{(\w+)\}", "x", text))
        if document["kind"] == "Service":
            findings += against(document, validator, place)
            findings += check_service(place, document)
        elif document["kind"] == "Job":
            findings += against(document, definition("Job"), place)
        else:
            findings += check_pool(place, document)
        findings += check_outside(place, document)
        findings += check_containers(place, document)
        findings += check_annotations(place, document)
        findings += check_media(place, document)
    return findings


def check_outside(place: str, document: dict) -> list[Finding]:
    """Name and region, and bounds that are said rather than left to the platform."""
    metadata = document["metadata"]
    findings = []
    if not isinstance(metadata.get("name"), str) or not metadata["name"].startswith("socialtrend-"):
        findings.append(Finding(place, "metadata.name is missing, or is not what the scripts ask for"))
    if "cloud.googleapis.com/location" not in metadata.get("labels", {}):
        findings.append(Finding(place, "the label cloud.googleapis.com/location is missing"))
    if document["kind"] == "Service":
        template = document["spec"]["template"]
        lacks = {"autoscaling.knative.dev/minScale", "autoscaling.knative.dev/maxScale"} - template["metadata"]["annotations"].keys()
        findings += [Finding(place, f"{key} is missing") for key in sorted(lacks)]
        if "containerConcurrency" not in template["spec"]:
            findings.append(Finding(place, "containerConcurrency is missing"))
    return findings


def definition(name: str) -> jsonschema.Draft7Validator:
    document = schema("cloud-run-v1.json")
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": document["$defs"]})


def check_pool(place: str, document: dict) -> list[Finding]:
    """No schema knows worker pools yet: their outside by hand, their containers by that of services."""
    findings = [Finding(place, f"{key} is missing or unknown") for key in document.keys() ^ {"apiVersion", "kind", "metadata", "spec"}]
    if (document["apiVersion"], document["kind"]) != ("run.googleapis.com/v1", "WorkerPool"):
        findings.append(Finding(place, f"there is no {document['kind']} in {document['apiVersion']}"))
    count = document["metadata"].get("annotations", {}).get("run.googleapis.com/manualInstanceCount")
    if document["metadata"].get("annotations", {}).get("run.googleapis.com/scalingMode") != "manual" or count is None:
        findings.append(Finding(place, "a pool is scaled by hand: scalingMode manual and manualInstanceCount"))
    spec = document["spec"]["template"]["spec"]
    findings += [Finding(place, f"a pool has no {key}") for key in spec.keys() - {"serviceAccountName", "containers", "volumes"}]
    return findings + [finding for one in spec["containers"] for finding in against(one, definition("Container"), place)]


def check_containers(place: str, document: dict) -> list[Finding]:
    """What every one of ours has, whatever runs it."""
    spec = document["spec"]["template"]["spec"]
    spec = spec["template"]["spec"] if document["kind"] == "Job" else spec
    findings = [] if spec.get("serviceAccountName") else [Finding(place, "runs as the account that may do everything: serviceAccountName is missing")]
    for one in spec["containers"]:
        if not one.get("args"):
            findings.append(Finding(place, "args: the container is not told which role it has"))
        if not {"cpu", "memory"} <= one.get("resources", {}).get("limits", {}).keys():
            findings.append(Finding(place, "resources.limits need cpu and memory"))
        if ":" not in one["image"].split("/")[-1] or one["image"].endswith(":latest"):
            findings.append(Finding(place, "the image names no release"))
        for entry in one.get("env", []):
            secret = entry.get("valueFrom", {}).get("secretKeyRef", {})
            if "name" not in entry or ("value" in entry) == ("valueFrom" in entry) or ("valueFrom" in entry and secret.keys() != {"name", "key"}):
                findings.append(Finding(place, f"{entry.get('name')} has a name and either a value, or valueFrom with the name and key of a secret"))
        findings += check_names(place, [entry["name"] for entry in one.get("env", []) if "name" in entry])
        lacks = {"DATABASE_URL", "APP_KEY"} - {entry.get("name") for entry in one.get("env", [])}
        if lacks and one.get("args") != ["frontend"]:
            findings.append(Finding(place, f"{', '.join(sorted(lacks))} is missing"))
        findings += [Finding(place, f"{probe} asks no path") for probe in ("startupProbe", "livenessProbe")
                     if probe in one and "path" not in one[probe].get("httpGet", {})]
    return findings


def check_media(place: str, document: dict) -> list[Finding]:
    """Whoever has the database has one place for pictures too; a job that migrates needs none."""
    if document["kind"] == "Job":
        return []
    names = {one["name"] for one in document["spec"]["template"]["spec"]["containers"][0].get("env", [])}
    lacks = {"MEDIA_URL", "MEDIA_S3_ACCESS_KEY_ID", "MEDIA_S3_SECRET_ACCESS_KEY"} - names
    return [Finding(place, f"{', '.join(sorted(lacks))}: pictures would stay in the instance that took them")] if "DATABASE_URL" in names and lacks else []


def check_annotations(place: str, document: dict) -> list[Finding]:
    findings = []
    outer = document["metadata"].get("annotations", {})
    inner = document["spec"]["template"].get("metadata", {}).get("annotations", {})
    for annotations, known, what in ((outer, SERVICE, "service"), (inner, REVISION, "revision")):
        for key, value in annotations.items():
            if key not in known:
                findings.append(Finding(place, f"{key} is no annotation of a {what}"))
            if not isinstance(value, str):
                findings.append(Finding(place, f"{key} must be a string"))
    for key in ("scaling-cpu-target", "scaling-concurrency-target"):
        value = inner.get(f"run.googleapis.com/{key}")
        if value is not None and not 10 <= int(value) <= 95:
            findings.append(Finding(place, f"{key} is from 10 to 95"))
    return findings


def mebibytes(text: str) -> int:
    return int(text[:-2]) * (1024 if text.endswith("Gi") else 1)


def check_service(place: str, document: dict) -> list[Finding]:
    findings = []
    annotations = document["spec"]["template"]["metadata"]["annotations"]
    low, high = (int(annotations.get(f"autoscaling.knative.dev/{key}", 0)) for key in ("minScale", "maxScale"))
    if low > high:
        findings.append(Finding(place, "minScale is above maxScale"))
    spec = document["spec"]["template"]["spec"]
    if not 1 <= spec.get("containerConcurrency", 80) <= 1000 or not 1 <= spec.get("timeoutSeconds", 300) <= 3600:
        findings.append(Finding(place, "containerConcurrency is from 1 to 1000, timeoutSeconds from 1 to 3600"))
    limits = spec["containers"][0]["resources"]["limits"]
    if str(limits["cpu"]) not in SIZES or not re.fullmatch(r"\d+(Mi|Gi)", limits["memory"]):
        findings.append(Finding(place, f"cpu is one of {sorted(SIZES)}, memory in Mi or Gi"))
    elif not SIZES[str(limits["cpu"])][0] <= mebibytes(limits["memory"]) <= SIZES[str(limits["cpu"])][1]:
        findings.append(Finding(place, f"{limits['cpu']} cpu cannot have {limits['memory']}"))
    container = spec["containers"][0]
    port = container["ports"][0]["containerPort"]
    environment = {one["name"]: one for one in container.get("env", [])}
    if "PORT" in environment:
        findings.append(Finding(place, "PORT is set by Cloud Run and cannot be set here"))
    for probe in ("startupProbe", "livenessProbe"):
        asked = container.get(probe, {}).get("httpGet", {}).get("port")
        if asked != port:
            findings.append(Finding(place, f"{probe} asks port {asked}, the container listens on {port}"))
        if container.get(probe, {}).get("timeoutSeconds", 1) > container.get(probe, {}).get("periodSeconds", 10):
            findings.append(Finding(place, f"{probe}: timeoutSeconds is above periodSeconds"))
    for name, one in environment.items():
        key = one.get("valueFrom", {}).get("secretKeyRef", {}).get("key")
        if key is not None and key != "latest" and not str(key).isdigit():
            findings.append(Finding(place, f"{name}: the key of a secret is its version, not {key}"))
        if name in ("DATABASE_URL", "APP_KEY") and "value" in one:
            findings.append(Finding(place, f"{name} is a secret and stands here in the clear"))
    stop = sum(int(environment[key]["value"].rstrip("s")) for key in ("DRAIN_DELAY", "STOP_TIMEOUT"))
    if stop >= 10:
        findings.append(Finding(place, f"stopping takes up to {stop} s, Cloud Run gives 10"))
    return findings
