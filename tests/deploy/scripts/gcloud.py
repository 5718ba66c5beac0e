"""deploy/gcp-cloud-run/deploy.sh with the real gcloud against a Cloud Run of our own that keeps what it is given.

gcloud puts the region in front of the API's name, so the double is its proxy: no name has to be known to this machine.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import urllib.parse

import documented
import stage

PATHS = re.compile(r"/(?:apis/[\w.-]+/\w+|v\d)/(?:namespaces|projects)/my-project/(?:locations/[\w-]+/)?(\w+)(?:/([\w-]+))?(:\w+)?$")
READY = [{"type": kind, "status": "True"} for kind in ("Ready", "ConfigurationsReady", "RoutesReady", "ResourcesAvailable", "Completed")]


class CloudRun:
    """Services, jobs, worker pools; every one is ready at once, every execution succeeds."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict] = {}
        self.log: list[str] = []

    def answer(self, method: str, url: str, body: bytes) -> tuple[int, object]:
        found = PATHS.match(urllib.parse.urlsplit(url).path)
        if found is None:
            self.log.append(f"?? {method} {url}")
            return 404, error(404, url)
        kind, name, verb = found[1], found[2], found[3]
        if verb == ":run":
            self.log.append(f"run {name}")
            return 200, self.keep("executions", f"{name}-{len(self.log)}", {"metadata": {}, "spec": {}})
        if method in ("POST", "PUT"):
            document = json.loads(body)
            name = document["metadata"]["name"]
            self.log.append(f"{method} {kind}/{name}")
            return 200, self.keep(kind, name, document)
        if (kind, name) not in self.kept:
            return 404, error(404, f"{kind} {name} not found")
        return 200, self.kept[kind, name]

    def keep(self, kind: str, name: str, document: dict) -> dict:
        generation = self.kept.get((kind, name), {}).get("metadata", {}).get("generation", 0) + 1
        document["metadata"] |= {"name": name, "namespace": "my-project", "generation": generation, "uid": name, "resourceVersion": str(generation),
                                 "creationTimestamp": "2026-01-01T00:00:00Z"}
        document["metadata"].setdefault("labels", {}).setdefault("cloud.googleapis.com/location", "europe-west1")
        document.setdefault("apiVersion", "run.googleapis.com/v1")
        document.setdefault("kind", {"executions": "Execution"}.get(kind, kind))
        document["status"] = {"observedGeneration": generation, "conditions": READY, "url": f"https://{name}.example.org",
                              "latestReadyRevisionName": f"{name}-{generation}", "latestCreatedRevisionName": f"{name}-{generation}",
                              "completionTime": "2026-01-01T00:00:01Z", "succeededCount": 1, "traffic": []}
        if kind in ("executions", "jobs"):
            for key in ("url", "latestReadyRevisionName", "latestCreatedRevisionName", "traffic"):
                del document["status"][key]
        if kind == "jobs":
            del document["status"]["completionTime"], document["status"]["succeededCount"]
        elif kind != "executions":
            del document["status"]["completionTime"], document["status"]["succeededCount"]
        self.kept[kind, name] = document
        return document

    def names(self) -> list[tuple[str, str]]:
        return sorted(key for key in self.kept if key[0] != "executions")

    def image(self, kind: str, name: str) -> str:
        return self.kept[kind, name]["spec"]["template"]["spec"]["containers"][0]["image"]


def error(code: int, message: str) -> dict:
    return {"error": {"code": code, "message": message, "status": "NOT_FOUND"}}


def test(cases: stage.Cases) -> None:
    if shutil.which("gcloud") is None:
        return cases.skip("deploy/gcp-cloud-run/deploy.sh: gcloud is not installed")
    cloud = CloudRun()
    with tempfile.TemporaryDirectory() as folder, stage.service(cloud.answer) as address:
        host, port = address.split(":")
        path = pathlib.Path(folder) / "test.env"
        environment = {
            "CLOUDSDK_CONFIG": folder, "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "True", "CLOUDSDK_CORE_DISABLE_PROMPTS": "True",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "True", "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "True",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN": "http://run.example.org/", "CLOUDSDK_PROXY_TYPE": "http_no_tunnel",
            "CLOUDSDK_PROXY_ADDRESS": host, "CLOUDSDK_PROXY_PORT": port, "ENV_FILE": stage.settings("gcp-cloud-run", path)}
        for tag in ("1.0.0", "1.0.1"):
            cloud.log.clear()
            code, said = stage.run("gcp-cloud-run/deploy.sh", "test", tag, environment=environment)
            cases.expect(code == 0, f"deploying {tag} ended with {code}: {said[-1500:]}; {cloud.log}")
            if code != 0:
                return
            cases.expect(cloud.names() == [("jobs", "socialtrend-migrate"), ("services", "socialtrend-automation"),
                                           ("services", "socialtrend-backend"), ("services", "socialtrend-frontend"),
                                           ("workerpools", "socialtrend-worker")], f"made {cloud.names()}")
            cases.expect(all(cloud.image(*key).endswith(f":{tag}") for key in cloud.names() if key[0] == "services"), f"runs {tag}")
            order = [line for line in cloud.log if line == "run socialtrend-migrate" or "/socialtrend-backend" in line]
            cases.expect(order[:1] == ["run socialtrend-migrate"] and len(order) > 1, f"the migration comes first: {cloud.log}")
        manual(cases, pathlib.Path(folder), environment)
        refuse(cases, path, environment, cloud)


# Says where it was called and that nothing is there yet, so that everything is made.
RECORDER = """#!/usr/bin/env python3
import json, sys
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
sys.exit("describe" in sys.argv)
"""


def manual(cases: stage.Cases, folder: pathlib.Path, environment: dict) -> None:
    """Every word of the page's commands and of load-balancer.sh, held against gcloud's own tree of commands; nothing is sent."""
    tools, log = folder / "bin", folder / "calls"
    tools.mkdir(exist_ok=True)
    (tools / "gcloud").write_text(RECORDER.format(log=str(log)))
    (tools / "gcloud").chmod(0o755)
    typed = documented.block("google-cloud-run.md", "cd deploy/gcp-cloud-run") + documented.line("google-cloud-run.md", "gcloud beta run worker-pools")
    (folder / "hmac.json").write_text("{}")
    code, said = documented.type_in(typed.replace(">hmac.json", ">/dev/null"), folder, {"DATABASE_URL": "postgres://"})
    cases.expect(code == 0, f"the commands of docs/operating/google-cloud-run.md ended with {code}: {said[-800:]}")
    code, said = stage.run("gcp-cloud-run/load-balancer.sh", "test", "social.example.org",
                           environment=environment | {"PATH": f"{tools}:{os.environ['PATH']}"})
    cases.expect(code == 0, f"load-balancer.sh ended with {code}: {said[-800:]}")
    # The linter takes a flag without a value for one with the next word.
    calls = sorted({shlex.join(["gcloud", *[word for word in json.loads(call) if word != "--quiet"]]) for call in log.read_text().splitlines()})
    wrong = refused(folder, environment, [*calls, "gcloud compute backend-services create x --global --security-policy y"])
    cases.expect(len(calls) > 40 and len(wrong) == 1 and "backend-services create x" in wrong[0], f"of {len(calls)} commands gcloud refuses {wrong}")


def refused(folder: pathlib.Path, environment: dict, commands: list[str]) -> list[str]:
    file = folder / "commands.json"
    file.write_text(json.dumps([{"command_string": command} for command in commands]))
    done = subprocess.run(["gcloud", "meta", "lint-gcloud-commands", "--commands-file", str(file)], env={**os.environ, **environment},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    return [f"{one['command_string']}: {one['error_message']}" for one in json.loads(done.stdout or "[]") if not one["success"]] or [done.stderr[-500:]]


def refuse(cases: stage.Cases, path: pathlib.Path, environment: dict, cloud: CloudRun) -> None:
    cloud.log.clear()
    wrong = [({"PROJECT": None}, "1.0.2", "PROJECT"), ({"REGION": "'europe west1'"}, "1.0.2", "REGION"), ({"WORKERS": "many"}, "1.0.2", "WORKERS"),
             ({"WORKERS": "0"}, "1.0.2", "WORKERS"), ({"PUBLIC_URL": "'$(id)'"}, "1.0.2", "PUBLIC_URL"), ({}, "latest", "one release")]
    for other, tag, expected in wrong:
        stage.settings("gcp-cloud-run", path, **other)
        code, said = stage.run("gcp-cloud-run/deploy.sh", "test", tag, environment=environment)
        cases.expect(code != 0 and expected in said, f"{other or tag} was taken: {code} {said[-300:]}")
    cases.expect(not cloud.log, f"something was sent for wrong settings: {cloud.log}")
