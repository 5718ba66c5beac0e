"""deploy/kubernetes/deploy.sh with the real kubectl against an API server of our own: it keeps what is applied, and nothing else.

It knows the kinds that we use; jobs are done and deployments are rolled out at once. Unknown kinds are refused by kubectl itself.
"""
import json
import pathlib
import re
import shutil
import tempfile
import urllib.parse

import stage

try:
    import yaml
except ImportError:
    yaml = None

# group/version: (kind, plural, in a namespace)
KINDS = {
    "v1": [("Namespace", "namespaces", False), ("Service", "services", True), ("ConfigMap", "configmaps", True),
           ("ServiceAccount", "serviceaccounts", True), ("Secret", "secrets", True)],
    "apps/v1": [("Deployment", "deployments", True)],
    "batch/v1": [("Job", "jobs", True)],
    "autoscaling/v2": [("HorizontalPodAutoscaler", "horizontalpodautoscalers", True)],
    "policy/v1": [("PodDisruptionBudget", "poddisruptionbudgets", True)],
    "networking.k8s.io/v1": [("Ingress", "ingresses", True), ("NetworkPolicy", "networkpolicies", True)],
    "keda.sh/v1alpha1": [("ScaledObject", "scaledobjects", True), ("TriggerAuthentication", "triggerauthentications", True)],
    "monitoring.coreos.com/v1": [("ServiceMonitor", "servicemonitors", True), ("PrometheusRule", "prometheusrules", True)],
}
OBJECT = re.compile(r"/(?:api/(v1)|apis/([\w.]+/\w+))(?:/namespaces/([\w-]+)(?=/))?/(\w+)(?:/([\w.-]+))?$")
VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


class ApiServer:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict] = {}
        self.log: list[str] = []
        self.version = 0

    def answer(self, method: str, url: str, body: bytes) -> tuple[int, object]:
        parts = urllib.parse.urlsplit(url)
        if (found := self.discovery(parts.path)) is not None:
            return 200, found
        match = OBJECT.match(parts.path)
        if match is None:
            return self.refuse(404, f"{method} {parts.path}")
        group, plural, name = match[1] or match[2], match[4], match[5]
        kind = next((one[0] for one in KINDS.get(group, []) if one[1] == plural), None)
        if kind is None:
            return self.refuse(404, f"no {plural} in {group}")
        if method == "PATCH":
            return self.apply(group, kind, plural, name, body)
        if method == "DELETE":
            gone = self.kept.pop((plural, name), None)
            self.log.append(f"delete {plural}/{name}")
            return (200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}) if gone else self.refuse(404, f"{plural} {name}")
        return self.read(group, kind, plural, name, parts.query)

    def read(self, group: str, kind: str, plural: str, name: str | None, query: str) -> tuple[int, object]:
        wanted = urllib.parse.parse_qs(query).get("fieldSelector", [""])[0].removeprefix("metadata.name=")
        if name is not None:
            one = self.kept.get((plural, name))
            return (200, one) if one else self.refuse(404, f'{plural} "{name}" not found')
        items = [one for (group_of, key), one in self.kept.items() if group_of == plural and wanted in ("", key)]
        return 200, {"kind": f"{kind}List", "apiVersion": group, "metadata": {"resourceVersion": str(self.version)}, "items": items}

    def apply(self, group: str, kind: str, plural: str, name: str, body: bytes) -> tuple[int, object]:
        document = yaml.safe_load(body)
        if document["apiVersion"] != group or document["kind"] != kind or document["metadata"]["name"] != name:
            return self.refuse(422, f"{kind} {name} is not what stands in its path")
        self.version += 1
        old = self.kept.get((plural, name))
        document["metadata"] |= {"uid": f"{plural}-{name}", "resourceVersion": str(self.version), "creationTimestamp": "2026-01-01T00:00:00Z",
                                 "generation": (old["metadata"]["generation"] if old else 0) + 1}
        if kind == "Job":
            document["status"] = {"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}
        if kind == "Deployment":
            count = document["spec"].get("replicas", 1)
            document["status"] = {"observedGeneration": document["metadata"]["generation"], "replicas": count, "updatedReplicas": count,
                                  "readyReplicas": count, "availableReplicas": count}
        self.kept[plural, name] = document
        self.log.append(f"apply {plural}/{name}")
        return (200 if old else 201), document

    def refuse(self, code: int, message: str) -> tuple[int, object]:
        reason = {404: "NotFound", 422: "Invalid"}[code]
        return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}

    @staticmethod
    def discovery(path: str) -> object | None:
        if path == "/version":
            return {"major": "1", "minor": "32", "gitVersion": "v1.32.0"}
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = [one.split("/") for one in KINDS if "/" in one]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": name, "versions": [{"groupVersion": f"{name}/{version}", "version": version}],
                 "preferredVersion": {"groupVersion": f"{name}/{version}", "version": version}} for name, version in groups]}
        group = path.removeprefix("/apis/").removeprefix("/api/")
        if path.startswith("/api") and group in KINDS:
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": [
                {"name": plural, "singularName": "", "namespaced": inside, "kind": kind, "verbs": VERBS} for kind, plural, inside in KINDS[group]]}
        return None

    def images(self) -> set[str]:
        return {document["spec"]["template"]["spec"]["containers"][0]["image"] for (plural, _), document in self.kept.items()
                if plural in ("deployments", "jobs")}


def test(cases: stage.Cases) -> None:
    if shutil.which("kubectl") is None:
        return cases.skip("deploy/kubernetes/deploy.sh: kubectl is not installed")
    if yaml is None:
        return cases.skip("deploy/kubernetes/deploy.sh: this Python has no yaml; tools/setup deploy installs Debian's")
    server = ApiServer()
    with tempfile.TemporaryDirectory() as folder, stage.service(server.answer) as address:
        config = pathlib.Path(folder) / "config"
        config.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test", "users": [{"name": "test", "user": {}}],
            "clusters": [{"name": "test", "cluster": {"server": f"http://{address}"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}))
        # Checking against the cluster's own schema is left to the cluster; tests/deploy/check.py has it.
        environment = {"KUBECONFIG": str(config), "HOME": folder, "KUBECTL_APPLY_FLAGS": "--validate=false"}
        for overlay in ("small", "production"):
            server.kept.clear()
            deploy(cases, server, overlay, environment)
        refuse(cases, server, environment)


def deploy(cases: stage.Cases, server: ApiServer, overlay: str, environment: dict[str, str]) -> None:
    first: list = []
    for tag in ("1.0.0", "1.0.1"):
        server.log.clear()
        code, said = stage.run("kubernetes/deploy.sh", overlay, tag, "registry.example.org/team", environment=environment)
        cases.expect(code == 0, f"{overlay} {tag} ended with {code}: {said[-1500:]}")
        if code != 0:
            return
        wanted = {f"registry.example.org/team/socialtrend-{name}:{tag}" for name in ("backend", "automation", "frontend")}
        cases.expect(server.images() == wanted, f"{overlay} runs {server.images()}")
        job = server.log.index("apply jobs/migrate")
        roles = [server.log.index(f"apply deployments/{role}") for role in ("backend", "automation", "worker", "frontend")]
        cases.expect(job < min(roles), f"the migration comes first: {server.log}")
        if first:
            cases.expect("delete jobs/migrate" in server.log, "the migration of the last release makes room")
            cases.expect(sorted(server.kept) == first, f"a second deployment made {sorted(server.kept)} of {first}")
        first = sorted(server.kept)


def refuse(cases: stage.Cases, server: ApiServer, environment: dict[str, str]) -> None:
    server.log.clear()
    for arguments, expected in [((), "usage"), (("production",), "usage"), (("nowhere", "1.0.0"), "no overlay nowhere"),
                                (("production", "latest"), "one release"), (("production", "a tag"), "one release"),
                                (("production", "1.0.0", "Registry;id"), "not a registry")]:
        code, said = stage.run("kubernetes/deploy.sh", *arguments, environment=environment)
        cases.expect(code != 0 and expected in said, f"{arguments} was taken: {code} {said[-300:]}")
    cases.expect(not server.log, f"something was sent for wrong arguments: {server.log}")
