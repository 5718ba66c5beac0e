"""The scripts that make our log useful in CloudWatch and Cloud Logging, with the clouds' own tools against doubles that keep what
they are given; and every field that they ask for is one that the program writes.
"""
import json
import re
import shutil
import tempfile
import urllib.parse

import stage

COMMANDS = {"fields", "filter", "stats", "sort", "limit", "display", "parse", "dedup"}  # of CloudWatch Logs Insights
LOGGING = re.compile(r"/v2/projects/my-project(?:/locations/global)?/(buckets|sinks|metrics)(?:/([\w-]+))?(:\w+)?$")
NAMES = {"buckets": "bucketId", "sinks": "", "metrics": ""}


def written_fields() -> set[str]:
    """What src/base/log.cpp puts on every line, the schema's names that it knows, and our own below socialtrend."""
    text = (stage.ROOT / "src/base/log.cpp").read_text()
    return set(re.findall(r'"(@?[a-z_]+(?:\.[a-z_]+)*)"', text)) | {"@timestamp", "message"}


def unknown_fields(query: str) -> list[str]:
    ours = set()
    for path in (stage.ROOT / "src").rglob("*.cpp"):
        ours |= set(re.findall(r'\{"([a-z_.]+)",', path.read_text()))
    named = set(re.findall(r"`([^`]+)`", query)) | set(re.findall(r"@\w+", query))
    known = written_fields()
    return sorted(name for name in named if name not in known and name.removeprefix("socialtrend.") not in ours)


class CloudWatch:
    def __init__(self) -> None:
        self.saved: dict[str, dict] = {}

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        asked = json.loads(body)
        self.saved[asked["name"]] = asked
        return 200, {"queryDefinitionId": f"00000000-0000-0000-0000-{len(self.saved):012d}"}


def test_cloudwatch(cases: stage.Cases) -> None:
    if shutil.which("aws") is None:
        return cases.skip("deploy/observability/logs/cloudwatch.sh: aws is not installed")
    cloud = CloudWatch()
    with stage.service(cloud.answer) as address:
        environment = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_PAGER": "",
                       "AWS_ENDPOINT_URL": f"http://{address}"}
        code, said = stage.run("observability/logs/cloudwatch.sh", "/ecs/backend", "/ecs/worker", environment=environment)
        cases.expect(code == 0, f"cloudwatch.sh ended with {code}: {said[-800:]}")
        cases.expect(len(cloud.saved) == 3, f"saved {sorted(cloud.saved)}")
        for name, saved in cloud.saved.items():
            verbs = [part.split()[0] for part in saved["queryString"].split(" | ")]
            cases.expect(set(verbs) <= COMMANDS, f"{name}: {verbs}")
            cases.expect(saved["queryString"].count("`") % 2 == 0 and not unknown_fields(saved["queryString"]),
                         f"{name} asks for {unknown_fields(saved['queryString'])}")
            cases.expect(saved["logGroupNames"] == ["/ecs/backend", "/ecs/worker"], f"{name}: {saved['logGroupNames']}")
        code, _ = stage.run("observability/logs/cloudwatch.sh", environment=environment)
        cases.expect(code == 2, "without log groups it says how it is used")
    cases.expect(unknown_fields("fields `http.response.status`") == ["http.response.status"], "a field that nobody writes is noticed")


class CloudLogging:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict] = {}
        self.log: list[str] = []

    def answer(self, method: str, url: str, body: bytes) -> tuple[int, object]:
        parts = urllib.parse.urlsplit(url)
        found = LOGGING.search(parts.path)
        if found is None:
            self.log.append(f"?? {method} {url}")
            return 404, {"error": {"code": 404, "message": url, "status": "NOT_FOUND"}}
        kind, name, query = found[1], found[2], urllib.parse.parse_qs(parts.query)
        sent = json.loads(body) if body else {}
        if method == "POST":
            name = name or query.get("bucketId", [sent.get("name", "")])[0]
            if (kind, name) in self.kept:
                return 409, {"error": {"code": 409, "message": f"{name} exists", "status": "ALREADY_EXISTS"}}
        elif (kind, name) not in self.kept:
            return 404, {"error": {"code": 404, "message": f"{kind} {name}", "status": "NOT_FOUND"}}
        self.log.append(f"{method} {kind}/{name}")
        if method != "GET":
            kept = {**self.kept.get((kind, name), {}), **sent, "name": name}
            self.kept[kind, name] = kept | ({"writerIdentity": "serviceAccount:x@example.org"} if kind == "sinks" else {})
        return 200, self.kept[kind, name]


def test_cloud_logging(cases: stage.Cases) -> None:
    if shutil.which("gcloud") is None:
        return cases.skip("deploy/observability/logs/cloud-logging.sh: gcloud is not installed")
    cloud = CloudLogging()
    with tempfile.TemporaryDirectory() as folder, stage.service(cloud.answer) as address:
        host, port = address.split(":")
        environment = {"CLOUDSDK_CONFIG": folder, "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "True", "CLOUDSDK_CORE_DISABLE_PROMPTS": "True",
                       "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "True", "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "True",
                       "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING": "http://logging.example.org/", "CLOUDSDK_PROXY_TYPE": "http_no_tunnel",
                       "CLOUDSDK_PROXY_ADDRESS": host, "CLOUDSDK_PROXY_PORT": port}
        for again in (False, True):
            code, said = stage.run("observability/logs/cloud-logging.sh", "my-project", environment=environment)
            cases.expect(code == 0, f"cloud-logging.sh {'again ' if again else ''}ended with {code}: {said[-1500:]}; {cloud.log}")
        cases.expect(sorted(cloud.kept) == [("buckets", "socialtrend"), ("metrics", "socialtrend-errors"), ("sinks", "socialtrend")],
                     f"made {sorted(cloud.kept)}: {cloud.log}")
        for key, made in cloud.kept.items():
            named = set(re.findall(r'jsonPayload\."([^"]+)"', made.get("filter", "")))
            cases.expect(named <= written_fields(), f"{key} asks for {named - written_fields()}")
        bucket = cloud.kept.get(("buckets", "socialtrend"), {})
        cases.expect(bucket.get("retentionDays") == 30, f"the bucket keeps {bucket}")


def test(cases: stage.Cases) -> None:
    test_cloudwatch(cases)
    test_cloud_logging(cases)
