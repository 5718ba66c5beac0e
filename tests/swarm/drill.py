"""The fleet under fire on a genuine swarm of three nodes; started by ./run. Prints a table; ends with 0 when everything held.

usage: drill.py --binary BINARY --base SERVICES.tar --folder CLUSTER [--rate N] [--seed N] [--short] [--json REPORT]

Two loads run all the while: requests at a fixed rate through two edges (load.py), and an insider that talks to the tasks themselves, with
nobody between who would repeat anything (insider.py). --seed: another order of the steps, other victims, other moments. --short: deployment,
rolling update, scaling, a bad release.
"""
import argparse
import collections
import dataclasses
import json
import pathlib
import random
import sys
import time

import documented
import images
import load
import receiver
import stack
from fleet import REGISTRY, Fleet
from inside import Insider

sys.path.insert(0, str(images.ROOT / "tests/chaos"))
from api import Api  # noqa: E402

EDGES = [("10.78.0.11", 8080), ("10.78.0.12", 8080)]  # node 3 is the one that is drained
AFTER = 3.0  # seconds after a step that still count as its own
DUE_AFTER = 25
ANY = 1 << 30


@dataclasses.dataclass
class Step:
    name: str
    action: object
    allowed: int = 0  # failed requests through the edges
    allowed_inside: int = 0  # and of the insider


@dataclasses.dataclass
class Row:
    step: Step
    seconds: float
    edges: load.Window
    inside: load.Window

    @property
    def good(self) -> bool:
        return (self.edges.sent > 0 and self.edges.failed <= self.step.allowed
                and self.inside.sent > 0 and self.inside.failed <= self.step.allowed_inside)


def say(text: str) -> None:
    print(f"\033[1m{text}\033[0m", flush=True)


class Drill(Fleet):
    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options.binary, options.base, options.folder)
        self.options = options
        self.chance = random.Random(options.seed)
        self.rows: list[Row] = []
        self.failures: list[str] = []

    # ---- steps, each under load; each begins and ends with the release v2 and the replicas of the stack file

    def update(self) -> None:
        self.deploy("v2")

    def scale(self) -> None:
        for backends, workers, frontends in ((5, 4, 3), (2, 1, 2), (3, 2, 2)):
            self.docker("service", "scale", "--detach", f"socialtrend_backend={backends}", f"socialtrend_worker={workers}",
                        f"socialtrend_frontend={frontends}")
            self.converge(backend=backends, worker=workers, frontend=frontends)

    def typed(self) -> None:
        """The commands of the documentation's page: scale, look, another release, and back."""
        documented.type_in(documented.block("docker service rollback"), self.environment, self.environment_file.parent,
                           {"ghcr.io/example/": f"{REGISTRY}/", ":0.2.0": ":v1"})
        self.expect_release("backend")
        self.docker("service", "scale", "socialtrend_backend=3", "socialtrend_worker=2")

    def update_twice(self) -> None:
        """A second release while the first is still on its way."""
        for role in ("backend", "automation"):
            self.docker("service", "update", "--detach", "--image", f"{REGISTRY}/socialtrend-{role}:v1", f"socialtrend_{role}")
        time.sleep(self.chance.uniform(1, 8))
        for role in ("backend", "automation"):
            self.docker("service", "update", "--quiet", "--image", f"{REGISTRY}/socialtrend-{role}:v2", f"socialtrend_{role}")
            self.expect_release(role)

    def expect_release(self, role: str) -> None:
        if self.image(role) != f"{REGISTRY}/socialtrend-{role}:v2":
            raise RuntimeError(f"{role} is {self.image(role)}")

    def kill(self, *services: str) -> None:
        for service in services:
            node, container = self.chance.choice(self.tasks(service))
            self.docker("kill", "--signal", "KILL", container, node=node)
            self.wait(f"the dead {service} to be noticed", 30, lambda: container not in self.containers(service, node))
            self.converge(**{service: self.count_of(service)})

    def drain(self) -> None:
        self.docker("node", "update", "--availability", "drain", "node3")
        roles = ("backend", "automation", "worker", "frontend", "pgbouncer", "redis")
        self.wait("node 3 to be empty", 90, lambda: not any(self.containers(role, 3) for role in roles))
        self.converge(backend=3, automation=3, worker=2, frontend=2, pgbouncer=2, redis=1)
        self.docker("node", "update", "--availability", "active", "node3")

    def bad_release(self) -> None:
        self.docker("service", "update", "--detach", "--image", f"{REGISTRY}/socialtrend-backend:broken", "socialtrend_backend")
        self.wait("the bad release to be rolled back", 90, lambda: self.update_state("backend") == "rollback_completed")
        self.expect_release("backend")
        self.converge(backend=3)

    def rotate(self) -> None:
        """As documented: a new app key, first behind the old one and then in front; and a new password of Redis."""
        with self.environment_file.open("a") as settings:
            settings.write("REDIS_VERSION=v2\n")
        documented.type_in(documented.block("OLD_KEY"), self.environment | {"OLD_KEY": self.app_key}, self.environment_file.parent,
                           {"production TAG": "production v2"})

    def autoscale(self) -> None:
        """The autoscaler answers what falls due by more workers, and takes them away again."""
        label = lambda **given: [word for key, value in given.items()  # noqa: E731
                                 for word in ("--label-add", f"socialtrend.autoscale.{key}={value}")]
        # A worker of these labels manages six targets a minute; the drill has some thirty waiting at any time.
        self.docker("service", "update", "--detach", *label(rate=0.1, down_after=10), "socialtrend_worker")
        self.docker("service", "scale", "--detach", "socialtrend_autoscaler=1")
        try:
            self.wait("more workers", 90, lambda: self.count_of("worker") >= 4)
            self.converge(worker=self.count_of("worker"))
            self.docker("service", "update", "--detach", *label(rate=50), "socialtrend_worker")
            self.wait("fewer workers", 120, lambda: self.count_of("worker") == 2)
        except RuntimeError:
            print(self.docker("service", "logs", "--raw", "--tail", "12", "socialtrend_autoscaler"), flush=True)
            raise
        finally:
            self.docker("service", "scale", "--detach", "socialtrend_autoscaler=0", "socialtrend_worker=2")
            self.converge(worker=2, autoscaler=0)

    def database_away(self) -> None:
        """For longer than the health checks of the tasks would bear: none is killed for it, and all work again afterwards."""
        before = set(self.tasks("backend", "worker", "automation"))
        self.docker("service", "scale", "--detach", "socialtrend_postgres=0")
        self.wait("PostgreSQL to be gone", 30, lambda: not self.containers("postgres", 1))
        time.sleep(25)
        self.docker("service", "scale", "--detach", "socialtrend_postgres=1")
        self.converge(postgres=1)
        self.wait("answers again", 30, lambda: self.load.good_since(1.0))
        replaced = before ^ set(self.tasks("backend", "worker", "automation"))
        if replaced:
            raise RuntimeError(f"{len(replaced)} tasks were replaced while PostgreSQL was away")

    def take(self, step: Step) -> None:
        time.sleep(self.chance.uniform(0, 2))
        begin = time.monotonic()
        try:
            step.action()
        except RuntimeError as error:
            self.failures.append(f"{step.name}: {error}")
        seconds = time.monotonic() - begin
        time.sleep(AFTER)
        end = time.monotonic() - 1.0
        row = Row(step, seconds, self.load.window(begin, end), self.insider.window(begin, end))
        self.rows.append(row)
        say(f"{step.name}: {seconds:.1f} s, {row.edges.sent} requests, {row.edges.failed} failed, p99 {row.edges.p99 * 1000:.0f} ms; "
            f"inside {row.inside.sent}, {row.inside.failed} failed")
        for where, window in (("edges", row.edges), ("inside", row.inside)):
            for reason, count in window.reasons.most_common(5):
                print(f"  {where}: {count} x {reason}", flush=True)
        if any("/api/health/live: 5" in reason for reason in row.inside.reasons):
            self.failures.append(f"{step.name}: a worker was not alive, whatever it lacks")

    # ---- the whole

    def deploy_first(self) -> None:
        say("Images")
        self.make_images()
        self.prepare()
        self.app_key = self.make_app_key()
        self.docker("secret", "create", "socialtrend_app_key_v1", "-", text=self.app_key)
        say("deploy.sh production v1")
        begin = time.monotonic()
        self.deploy("v1")
        say(f"converged in {time.monotonic() - begin:.1f} s")
        self.receiver = receiver.Receiver(stack.RECEIVER)
        api = Api("http://%s:%d" % EDGES[0])
        account = api.call("POST", "/api/accounts", {"network": "webhook", "settings": {"url": self.receiver.url, "deduplicates": "yes"}})
        # One that lasts: those of /automation/token end when the app key changes.
        token = api.call("POST", "/api/tokens", {"name": "drill"})["token"]
        self.load = load.Load(EDGES, token, account["id"], self.options.rate, DUE_AFTER)
        self.insider = Insider(self.client(), f"{REGISTRY}/drill-autoscaler:1", token)

    def steps(self) -> list[Step]:
        first = [Step("nothing", lambda: time.sleep(5)), Step("rolling update (deploy.sh)", self.update)]
        others = [Step("scale 3 > 5 > 2 > 3", self.scale), Step("bad release, rolled back", self.bad_release)]
        if not self.options.short:
            others += [
                Step("the page's commands, typed", self.typed),
                Step("two releases at once", self.update_twice),
                # One request may have been in each killed process; the insider's next ones may still go to the dead address.
                Step("kill each role", lambda: self.kill("backend", "automation", "worker", "frontend"), 4, 40),
                Step("kill Redis", lambda: self.kill("redis")),
                Step("kill a pooler", lambda: self.kill("pgbouncer"), 3, 3),  # what was on its way through it
                Step("drain a node", self.drain, 1, 1),  # a write may have been on its way through the drained pooler
                Step("secret rotation, typed", self.rotate),
                Step("autoscaler up, down", self.autoscale),
                Step("PostgreSQL away for 25 s", self.database_away, ANY, ANY)]
            self.chance.shuffle(others)
        return first + others

    def under_load(self) -> None:
        self.load.start()
        self.insider.start()
        for step in self.steps():
            self.take(step)
        self.load.stop()
        self.insider.stop()

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
        print(f"\n{'step':28} {'seconds':>8} {'requests':>9} {'failed':>7} {'p99':>9} {'inside':>8} {'failed':>7}")
        for row in self.rows:
            print(f"{row.step.name:28} {row.seconds:8.1f} {row.edges.sent:9} {row.edges.failed:7} {row.edges.p99 * 1000:6.0f} ms"
                  f" {row.inside.sent:8} {row.inside.failed:7}{'' if row.good else '   FAILED'}")
        for failure in self.failures:
            print(f"FAILED {failure}")
        good = sum(row.good for row in self.rows)
        failed = len(self.rows) - good + len(self.failures)
        if self.options.json:
            pathlib.Path(self.options.json).write_text(json.dumps({"passed": good, "failed": failed, "skipped": 0}))
        return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--rate", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json")
    drill = Drill(parser.parse_args())
    print("Differs from deploy/docker-swarm/docker-stack.yml:", *(f"  {change}" for change in stack.CHANGES), sep="\n", flush=True)
    drill.deploy_first()
    drill.under_load()
    drill.count()
    return drill.report()


if __name__ == "__main__":
    sys.exit(main())
