"""A rolling update across a migration, with the real program of an earlier commit: old and new serve and publish at the same time.

The old fleet serves and publishes; the new `migrate` runs beneath it; new processes join; the old ones leave; an old one comes back, as
after a release that was taken back. All the while posts are written through whoever serves and fall due seconds later. Asked is: no
answer with 5xx, no process that ends by itself, and every post received exactly once, whoever published it.
"""
import collections
import datetime
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/chaos"), str(ROOT / "tests/swarm"), str(ROOT / "tests/observability")]
from api import Api  # noqa: E402
from checks import Checks, wait_until  # noqa: E402
from load import post_body  # noqa: E402
from receiver import Receiver  # noqa: E402
from servers import PostgreSQL, Server  # noqa: E402

DUE_AFTER = datetime.timedelta(seconds=3)
STRETCH = 6.0  # seconds of each part
PAUSE = 0.1  # between two posts
PATHS = ["/api/posts?limit=20", "/api/accounts", "/api/user", "/api/scaling", "/api/tokens"]


class Role(Server):
    """A process of one version."""

    def __init__(self, version: str, binary: pathlib.Path, role: str, environment: dict[str, str]) -> None:
        self.name = f"{version}-{role}"
        super().__init__()
        self.version, self.role, self.binary, self.environment = version, role, binary, environment

    def command(self) -> list[str]:
        settings = [f"{key}={value}" for key, value in self.environment.items()]
        return ["env", "-i", f"PATH={os.environ['PATH']}", *settings, str(self.binary), self.role, "--port", str(self.port),
                "--data-dir", str(self.folder / "data")]

    def leave(self) -> int:
        """The orderly end; its exit code."""
        self.process.terminate()
        code = self.process.wait(timeout=40)
        self.process = None
        return code

    def published(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            counts = re.findall(r'^publishing_outcomes_total\{[^}]*outcome="published"[^}]*\} (\d+)', answer.read().decode(), re.M)
        return sum(map(int, counts))


class Writers(threading.Thread):
    """One post and one question at a time, to the backends in turn; nothing is repeated."""

    def __init__(self, token: str, account: str) -> None:
        super().__init__(daemon=True)
        self.token, self.account = token, account
        self.backends: list[Role] = []
        self.posts: list[str] = []
        self.failures: collections.Counter[str] = collections.Counter()
        self.requests = 0
        self.ending = threading.Event()

    def ask(self, backend: Role, method: str, path: str, body: object = None) -> None:
        self.requests += 1
        connection = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 400:
                self.failures[f"{backend.name} {method} {path}: {answer.status} {text[:200].decode(errors='replace')}"] += 1
        except (OSError, http.client.HTTPException) as error:
            self.failures[f"{backend.name} {method} {path}: {error!r}"] += 1
        finally:
            connection.close()

    def run(self) -> None:
        number = 0
        while not self.ending.wait(PAUSE):
            backends = list(self.backends)
            text = f"versions post {number:05}"
            self.posts.append(text)
            due = datetime.datetime.now(datetime.timezone.utc) + DUE_AFTER
            self.ask(backends[number % len(backends)], "POST", "/api/posts", post_body(text, self.account, due))
            self.ask(backends[(number + 1) % len(backends)], "GET", PATHS[number % len(PATHS)])
            number += 1


class Fleet:
    def __init__(self, checks: Checks, binaries: dict[str, pathlib.Path], url: str) -> None:
        self.checks, self.binaries = checks, binaries
        # An offer on one machine: the receiver is on loopback too.
        key = subprocess.run([binaries["new"], "config", "--make-key"], capture_output=True, text=True, check=True).stdout.split()[-1]
        self.environment = {"DATABASE_URL": url, "APP_KEY": key, "ALLOW_PRIVATE_NETWORKS": "127.0.0.1/32", "TREND_SOURCES": "none",
                            "LOG_FORMAT": "json", "DRAIN_DELAY": "1s"}
        self.running: list[Role] = []

    def migrate(self, version: str) -> str:
        done = subprocess.run([self.binaries[version], "migrate"], env={**os.environ, **self.environment}, capture_output=True, text=True)
        self.checks.expect(done.returncode == 0, f"{version} migrate: {done.stdout}{done.stderr}")
        return done.stdout

    def join(self, version: str, *roles: str) -> list[Role]:
        joined = []
        for role in roles:
            one = Role(version, self.binaries[version], role, self.environment)
            one.start()
            self.running.append(one)
            ready = wait_until(lambda port=one.port: self.is_ready(port), 30)
            self.checks.expect(bool(ready), f"{one.name} is ready: {(one.folder / 'log').read_text()[-600:]}")
            joined.append(one)
        return joined

    @staticmethod
    def is_ready(port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def leave(self, *roles: Role) -> None:
        for one in roles:
            self.checks.expect(one.process.poll() is None, f"{one.name} ended by itself: {(one.folder / 'log').read_text()[-600:]}")
            self.checks.expect(one.leave() == 0, f"{one.name} ends with 0")

    def end(self) -> None:
        for one in self.running:
            one.__exit__()


def drill(checks: Checks, old: pathlib.Path, new: pathlib.Path) -> None:
    receiver = Receiver("127.0.0.1")
    with PostgreSQL() as server:
        fleet = Fleet(checks, {"old": old, "new": new}, server.url)
        try:
            play(checks, fleet, receiver)
        finally:
            fleet.end()


def play(checks: Checks, fleet: Fleet, receiver: Receiver) -> None:
    fleet.migrate("old")
    old = fleet.join("old", "backend", "automation", "worker")
    api = Api(f"http://127.0.0.1:{old[0].port}")
    account = api.call("POST", "/api/accounts", {"network": "webhook", "settings": {"url": receiver.url, "deduplicates": "yes"}})
    writers = Writers(api.call("POST", "/api/tokens", {"name": "versions"})["token"], account["id"])
    writers.backends = [old[0]]
    writers.start()
    time.sleep(STRETCH)
    applied = fleet.migrate("new")
    checks.expect("applied" in applied, "the new version brings a migration; without one this drill shows little")
    print(applied.strip(), flush=True)
    time.sleep(STRETCH)  # the old fleet alone on the new schema
    new = fleet.join("new", "backend", "automation", "worker")
    writers.backends = [old[0], new[0]]
    time.sleep(STRETCH)
    both = {one.name: one.published() for one in (old[2], new[2])}
    print(f"published while both work: {both}", flush=True)
    checks.expect(all(both.values()), f"both versions publish: {both}")
    writers.backends = [new[0]]
    fleet.leave(*old)
    time.sleep(STRETCH)
    back = fleet.join("old", "backend", "worker")  # the release is taken back
    writers.backends = [back[0]]
    fleet.leave(*new)
    time.sleep(STRETCH)
    checks.expect(back[1].published() > 0, "the old version goes on where the new one left off")
    writers.ending.set()
    writers.join()
    wait_until(lambda: all(receiver.copies[text] for text in writers.posts), 60)
    time.sleep(3)  # for a second copy
    fleet.leave(*back)
    copies = collections.Counter(receiver.copies[text] for text in writers.posts)
    print(f"{writers.requests} requests, {sum(writers.failures.values())} failed; {len(writers.posts)} posts, {copies[1]} received once", flush=True)
    for failure, count in writers.failures.most_common(5):
        print(f"  {count} x {failure}", flush=True)
    checks.expect(not writers.failures, "no request fails")
    checks.expect(copies == {1: len(writers.posts)}, f"every post is received exactly once: {dict(copies)}")
