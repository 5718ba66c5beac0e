"""The chain for real: our program -> Prometheus with our rules -> Alertmanager with our routes -> a webhook.

Only times are shortened (what waits minutes waits a second) and the webhook's address is put in."""
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import yaml
from checks import Checks, wait_until
from program import ROOT, Program, Receiver, Server

OBSERVABILITY = ROOT / "deploy/observability"
PROGRAMS = ("prometheus", "prometheus-alertmanager")


def hurried(text: str) -> str:
    """Waits of minutes become a second; thresholds and windows of rates stay."""
    return re.sub(r"(\b(?:for|interval|group_wait|group_interval): *)\d+[smh]\b", r"\g<1>1s", text)


class Alertmanager(Server):
    name = "alertmanager"

    def __init__(self, webhook: str) -> None:
        super().__init__()
        text = hurried((OBSERVABILITY / "alertmanager/alertmanager.yml").read_text())
        (self.folder / "alertmanager.yml").write_text(re.sub(r"url_file: .*", f"url: {webhook}/alerts", text))

    def command(self) -> list[str]:
        return ["prometheus-alertmanager", f"--config.file={self.folder}/alertmanager.yml", f"--storage.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]


class Prometheus(Server):
    name = "prometheus"

    def __init__(self, targets: dict[str, str], alertmanager: Alertmanager) -> None:
        super().__init__()
        (self.folder / "rules.yml").write_text(hurried((OBSERVABILITY / "prometheus/rules.yml").read_text()))
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]}]},
            "scrape_configs": [{"job_name": "socialtrend", "static_configs": [
                {"targets": [address], "labels": {"role": role}} for role, address in targets.items()]}]}))

    def command(self) -> list[str]:
        return ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}"]


def alerts(receiver: Receiver, name: str, status: str) -> list[dict]:
    return [alert for _, _, body in list(receiver.received) for alert in body["alerts"]
            if alert["labels"]["alertname"] == name and alert["status"] == status]


def check(checks: Checks, binary: str) -> None:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        checks.skip(f"alerts for real: {', '.join(missing)} not installed, run tools/setup deploy")
        return
    with Receiver() as receiver, Program(binary) as program, Alertmanager(receiver.url) as alertmanager, \
            Prometheus({"worker": f"127.0.0.1:{program.port}"}, alertmanager) as prometheus:
        scraped = wait_until(lambda: '"value":' in ask(prometheus, "up==1"))
        checks.expect(scraped, f"Prometheus scrapes the program (see {prometheus.folder}/log)")
        checks.expect(not alerts(receiver, "ProcessIsGone", "firing"), "no alert while all is well")
        program.kill()
        told = wait_until(lambda: alerts(receiver, "ProcessIsGone", "firing"))
        checks.expect(bool(told), "ProcessIsGone reaches the webhook when the program is killed")
        checks.expect(bool(told) and "worker" in told[0]["annotations"]["summary"] and bool(told[0]["annotations"]["action"]),
                      "the alert says who, and what helps")
        checks.expect(bool(wait_until(lambda: alerts(receiver, "NoWorker", "firing"))), "NoWorker reaches the webhook too")
        program.start()
        checks.expect(bool(wait_until(lambda: alerts(receiver, "ProcessIsGone", "resolved"))),
                      "the webhook hears that it is over")


def ask(prometheus: Prometheus, query: str) -> str:
    """Empty while it is still starting."""
    address = f"http://127.0.0.1:{prometheus.port}/api/v1/query?query={urllib.parse.quote(query)}"
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        return ""


def check_exposition(checks: Checks, exposition: str) -> None:
    """promtool's own opinion of /metrics, and the kinds that rates depend on."""
    checks.expect("# TYPE process_cpu_seconds_total counter" in exposition, "process_cpu_seconds_total is a counter")
    if shutil.which("promtool") is None:
        checks.skip("promtool check metrics: not installed, run tools/setup deploy")
        return
    done = subprocess.run(["promtool", "check", "metrics"], input=exposition, text=True, capture_output=True)
    checks.expect(done.returncode == 0, f"promtool check metrics: {done.stdout}{done.stderr}")
    broken = subprocess.run(["promtool", "check", "metrics"], input="# TYPE a counter\na 1\n", text=True, capture_output=True)
    checks.expect(broken.returncode != 0, "promtool finds fault with a counter without _total and help")
