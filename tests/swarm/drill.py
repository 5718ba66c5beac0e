"""The fleet under fire on a genuine swarm of three nodes; started by ./run. Prints a table; ends with 0 when everything held.

usage: drill.py --binary BINARY --base SERVICES.tar --folder CLUSTER [--rate N] [--short] [--json REPORT]

--short: deployment, rolling update, scaling, a bad release.
"""
import argparse
import collections
import dataclasses
import json
import pathlib
import subprocess
import sys
import time

import images
import load
import receiver
import stack

sys.path.insert(0, str(images.ROOT / "tests/chaos"))
from api import Api  # noqa: E402

REGISTRY = "10.78.0.1:5000"
EDGES = [("10.78.0.11", 8080), ("10.78.0.12", 8080)]  # node 3 is the one that is drained
AFTER = 3.0  # seconds after a step that still count as its own
DUE_AFTER = 25
ANY = 1 << 30


@dataclasses.dataclass
class Row:
    step: str
    seconds: float
    window: load.Window
    allowed: int

    @property
    def good(self) -> bool:
        return self.window.sent > 0 and self.window.failed <= self.allowed


def say(text: str) -> None:
    print(f"\033[1m{text}\033[0m", flush=True)


class Drill:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.folder = pathlib.Path(options.folder)
        self.rows: list[Row] = []
        self.settings = {"DOMAIN": "drill.example.org", "ACME_EMAIL": "nobody@example.org", "REGISTRY": REGISTRY,
                         "ALERT_WEBHOOK_URL": "http://127.0.0.1:9", "SECRET_VERSION": "v1"}
        self.failures: list[str] = []

    def docker(self, *arguments: object, node: int = 1, text: str = "") -> str:
        return images.run(*self.client(node), *arguments, text=text).strip()

    def client(self, node: int = 1) -> list[str]:
        return ["/usr/bin/docker", "-H", f"unix://{self.folder}/node{node}/docker.sock"]

    # ---- the fleet

    def make_images(self) -> None:
        binary = pathlib.Path(self.options.binary)
        images.build_services(self.client(), REGISTRY, pathlib.Path(self.options.base))
        images.stage(binary, self.folder / "ours")
        images.build_ours(self.client(), REGISTRY, self.folder / "ours", ["v1", "v2"])
        images.build_broken(self.client(), REGISTRY, "v2", "broken")

    def deploy(self, tag: str) -> None:
        """deploy/docker-swarm/deploy.sh itself."""
        environment_file = self.folder / "drill.env"
        environment_file.write_text("".join(f"{key}={value}\n" for key, value in self.settings.items()))
        source = images.ROOT / "deploy/docker-swarm"
        stack_file = self.folder / "stack.yml"
        stack_file.write_text(stack.reduced(source / "docker-stack.yml", REGISTRY, self.folder))
        environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.folder), "ENV_FILE": str(environment_file),
                       "STACK_FILE": str(stack_file), "DOCKER_HOST": f"unix://{self.folder}/node1/docker.sock"}
        done = subprocess.run([source / "deploy.sh", "drill", tag], env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=420)
        (self.folder / f"deploy-{tag}-{int(time.time())}.log").write_text(done.stdout + done.stderr)
        if done.returncode != 0:
            raise RuntimeError(f"deploy.sh drill {tag} ended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")

    def make_app_key(self) -> str:
        key = images.run(self.options.binary, "config", "--make-key").strip().splitlines()[-1]
        return key

    def wait(self, what: str, seconds: float, condition) -> None:
        give_up = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > give_up:
                raise RuntimeError(f"waited {seconds:.0f} s for {what}")
            time.sleep(0.25)

    def count_of(self, service: str) -> int:
        return int(self.replicas(service).split("/")[1])

    def replicas(self, service: str) -> str:
        return self.docker("service", "ls", "--filter", f"name=socialtrend_{service}", "--format", "{{.Replicas}}").split(" ")[0]

    def converge(self, **wanted: int) -> None:
        for service, count in wanted.items():
            self.wait(f"{service} to be {count}", 90, lambda: self.replicas(service) == f"{count}/{count}")

    # ---- steps, each under load

    def update(self) -> None:
        self.deploy("v2")

    def scale(self) -> None:
        for backends, workers, frontends in ((5, 4, 3), (2, 1, 2), (3, 2, 2)):
            self.docker("service", "scale", "--detach", f"socialtrend_backend={backends}", f"socialtrend_worker={workers}",
                        f"socialtrend_frontend={frontends}")
            self.converge(backend=backends, worker=workers, frontend=frontends)

    def kill(self) -> None:
        for service in ("backend", "worker"):
            node, container = next((node, found[0]) for node in (1, 2, 3) if (found := self.containers(service, node)))
            self.docker("kill", "--signal", "KILL", container, node=node)
            self.wait(f"the dead {service} to be noticed", 30, lambda: container not in self.containers(service, node))
            self.converge(**{service: self.count_of(service)})

    def containers(self, service: str, node: int) -> list[str]:
        return self.docker("ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name=socialtrend_{service}", node=node).split()

    def drain(self) -> None:
        self.docker("node", "update", "--availability", "drain", "node3")
        roles = ("backend", "automation", "worker", "frontend", "pgbouncer", "redis")
        self.wait("node 3 to be empty", 90, lambda: not any(self.containers(role, 3) for role in roles))
        self.converge(backend=3, automation=3, worker=2, frontend=2, pgbouncer=2, redis=1)
        self.docker("node", "update", "--availability", "active", "node3")

    def bad_release(self) -> None:
        self.docker("service", "update", "--detach", "--image", f"{REGISTRY}/socialtrend-backend:broken", "socialtrend_backend")
        state = lambda: self.docker("service", "inspect", "socialtrend_backend", "--format", "{{.UpdateStatus.State}}")  # noqa: E731
        self.wait("the bad release to be rolled back", 90, lambda: state() == "rollback_completed")
        image = self.docker("service", "inspect", "socialtrend_backend", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}")
        if not image.split("@")[0].endswith(":v2"):
            raise RuntimeError(f"rolled back to {image}")
        self.converge(backend=3)

    def rotate(self) -> None:
        """A new app key, first behind the old one and then in front, and a new password of Redis."""
        new = self.make_app_key()
        for version, keys in (("v2", f"{self.app_key},{new}"), ("v3", f"{new},{self.app_key}")):
            self.docker("secret", "create", f"socialtrend_app_key_{version}", "-", text=keys)
            self.settings |= {"APP_KEY_VERSION": version, "REDIS_VERSION": "v2"}
            self.deploy("v2")

    def autoscale(self) -> None:
        """The autoscaler answers what falls due by more workers, and takes them away again."""
        label = lambda **given: [word for key, value in given.items()  # noqa: E731
                                 for word in ("--label-add", f"socialtrend.autoscale.{key}={value}")]
        # A worker of these labels manages six targets a minute; the drill has some thirty waiting at any time.
        self.docker("service", "update", "--detach", *label(rate=0.1, down_after=10), "socialtrend_worker")
        self.docker("service", "scale", "--detach", "socialtrend_autoscaler=1")
        self.wait("more workers", 60, lambda: self.count_of("worker") >= 4)
        self.converge(worker=self.count_of("worker"))
        self.docker("service", "update", "--detach", *label(rate=50), "socialtrend_worker")
        self.wait("fewer workers", 60, lambda: self.count_of("worker") == 2)
        self.docker("service", "scale", "--detach", "socialtrend_autoscaler=0")
        self.converge(worker=2, autoscaler=0)

    def database_away(self) -> None:
        """For longer than the health checks of the tasks would bear: none is killed for it, and all work again afterwards."""
        before = {(node, one) for node in (1, 2, 3) for role in ("backend", "worker", "automation") for one in self.containers(role, node)}
        self.docker("service", "scale", "--detach", "socialtrend_postgres=0")
        self.wait("PostgreSQL to be gone", 30, lambda: not self.containers("postgres", 1))
        time.sleep(25)
        self.docker("service", "scale", "--detach", "socialtrend_postgres=1")
        self.converge(postgres=1)
        self.wait("answers again", 30, lambda: self.load.good_since(1.0))
        after = {(node, one) for node in (1, 2, 3) for role in ("backend", "worker", "automation") for one in self.containers(role, node)}
        if before != after:
            raise RuntimeError(f"{len(before - after)} tasks were replaced while PostgreSQL was away")

    def update_image(self) -> None:
        self.docker("service", "update", "--quiet", "--with-registry-auth", "--image", f"{REGISTRY}/socialtrend-frontend:v1",
                    "socialtrend_frontend")
        self.docker("service", "rollback", "--quiet", "socialtrend_frontend")

    def step(self, name: str, action, allowed: int = 0) -> None:
        begin = time.monotonic()
        try:
            action()
        except RuntimeError as error:
            self.failures.append(f"{name}: {error}")
        seconds = time.monotonic() - begin
        time.sleep(AFTER)
        row = Row(name, seconds, self.load.window(begin, time.monotonic() - 1.0), allowed)
        self.rows.append(row)
        say(f"{name}: {seconds:.1f} s, {row.window.sent} requests, {row.window.failed} failed, p99 {row.window.p99 * 1000:.0f} ms")
        for reason, count in row.window.reasons.most_common(5):
            print(f"  {count} x {reason}", flush=True)

    # ---- the whole

    def prepare(self) -> None:
        say("Images")
        self.make_images()
        self.app_key = self.make_app_key()
        self.docker("secret", "create", "socialtrend_app_key_v1", "-", text=self.app_key)
        say("deploy.sh drill v1")
        begin = time.monotonic()
        self.deploy("v1")
        say(f"converged in {time.monotonic() - begin:.1f} s")
        self.receiver = receiver.Receiver(stack.RECEIVER)
        api = Api("http://%s:%d" % EDGES[0])
        account = api.call("POST", "/api/accounts", {"network": "webhook", "settings": {"url": self.receiver.url, "deduplicates": "yes"}})
        # One that lasts: those of /automation/token end when the app key changes.
        token = api.call("POST", "/api/tokens", {"name": "drill"})["token"]
        self.load = load.Load(EDGES, token, account["id"], self.options.rate, DUE_AFTER)

    def under_load(self) -> None:
        self.load.start()
        self.step("nothing", lambda: time.sleep(5))
        self.step("rolling update (deploy.sh)", self.update)
        self.step("scale 3 > 5 > 2 > 3", self.scale)
        self.step("bad release, rolled back", self.bad_release)
        if not self.options.short:
            self.step("kill a backend, a worker", self.kill, allowed=1)  # one may have been in the killed process
            self.step("drain a node", self.drain, allowed=1)  # a write may have been on its way through the drained pooler
            self.step("secret rotation (deploy.sh)", self.rotate)
            self.step("service update --image, rollback", self.update_image)
            self.step("autoscaler up, down", self.autoscale)
            self.step("PostgreSQL away for 25 s", self.database_away, allowed=ANY)
        self.load.stop()

    def count(self) -> None:
        taken = [text for text, failure in self.load.posts.items() if not failure]
        give_up = time.monotonic() + DUE_AFTER + 60
        while time.monotonic() < give_up and any(self.receiver.copies[text] == 0 for text in taken):
            time.sleep(0.5)
        time.sleep(5)  # for a second copy
        copies = collections.Counter(self.receiver.copies[text] for text in taken)
        stray = [text for text, failure in self.load.posts.items() if failure and self.receiver.copies[text] > 1]
        say(f"posts: {len(taken)} taken, {copies[1]} received once, {copies[0]} missing, "
            f"{sum(count for number, count in copies.items() if number > 1) + len(stray)} more than once; "
            f"{self.receiver.repeats} repeats under the same key")
        if not taken or copies != {1: len(taken)} or stray:
            self.failures.append("posts were not received exactly once")

    def report(self) -> int:
        print(f"\n{'step':34} {'seconds':>8} {'requests':>9} {'failed':>7} {'p99':>9}")
        for row in self.rows:
            print(f"{row.step:34} {row.seconds:8.1f} {row.window.sent:9} {row.window.failed:7} {row.window.p99 * 1000:6.0f} ms"
                  f"{'' if row.good else '   FAILED'}")
        for failure in self.failures:
            print(f"FAILED {failure}")
        good = sum(row.good for row in self.rows)
        failed = len(self.rows) - good + len(self.failures)
        if self.options.json:
            pathlib.Path(self.options.json).write_text(json.dumps({"passed": good, "failed": failed, "skipped": 0}))
        return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--rate", type=int, default=60)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json")
    drill = Drill(parser.parse_args())
    print("Differs from deploy/docker-swarm/docker-stack.yml:", *(f"  {change}" for change in stack.CHANGES), sep="\n", flush=True)
    drill.prepare()
    drill.under_load()
    drill.count()
    return drill.report()


if __name__ == "__main__":
    sys.exit(main())
