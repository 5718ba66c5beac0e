"""What people see while PostgreSQL or Redis is killed or frozen under load, and while a process of each role is told to stop under load.

The load is its own: threads that go on asking whatever the answers are, and count them.
"""
import collections
import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import threading
import time

from checks import Checks, wait_until
from program import Program
from servers import PostgreSQL, Redis

PASSWORD = "a long enough password"
ASKING = 6  # threads
FAILED = "no answer"


class Role(Program):
    def __init__(self, binary: str, role: str, **settings: str) -> None:
        super().__init__(binary, BIND="127.0.0.1", **settings)
        self.role = role

    def command(self) -> list[str]:
        words = super().command()
        place = words.index(self.binary) + 1
        return [*words[:place], self.role, *words[place:]]

    def ask(self, path: str, method: str = "GET", body: object = None, token: str = "") -> tuple[int, dict]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
            line.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = line.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith(b"{") else {}
        finally:
            line.close()

    def status(self, path: str) -> int:
        try:
            return self.ask(path)[0]
        except OSError:
            return 0

    def is_ready(self) -> bool:
        return self.status("/api/health/ready") == 200


class Load:
    """Asks `replicas` in turn, of those that were ready a moment ago, as a load balancer does."""

    def __init__(self, replicas: list[Role], requests: list[tuple[str, str, object]], token: str = "", chooses: bool = False) -> None:
        self.replicas, self.requests, self.token, self.chooses = replicas, requests, token, chooses
        self.answers: collections.Counter = collections.Counter()
        self.slowest = 0.0
        self.ready = list(replicas)
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(ASKING)]
        if chooses:
            self.threads.append(threading.Thread(target=self.choose, daemon=True))

    def choose(self) -> None:
        while not self.over.wait(0.05):
            self.ready = [replica for replica in self.replicas if replica.is_ready()] or self.ready

    def run(self) -> None:
        for number in itertools.count():
            if self.over.is_set():
                return
            method, path, body = self.requests[number % len(self.requests)]
            replica = self.ready[number % len(self.ready)]
            begun = time.monotonic()
            try:
                answer: object = replica.ask(path, method, body, self.token)[0]
            except (OSError, http.client.HTTPException):
                answer = FAILED
            with self.lock:
                self.answers[answer] += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)

    def take(self) -> tuple[collections.Counter, float]:
        """What was counted since the last time."""
        with self.lock:
            found, slowest = self.answers, self.slowest
            self.answers, self.slowest = collections.Counter(), 0.0
        return found, slowest

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(30)


def bad(answers: collections.Counter) -> dict:
    return {answer: count for answer, count in answers.items() if answer == FAILED or int(answer) >= 500}


def killed_servers(checks: Checks, backend: Role, database: PostgreSQL, redis: Redis | None, token: str) -> None:
    draft = {"parts": [{"text": "under load"}], "variants": [], "when": {"type": "draft"}}
    requests = [("GET", "/api/trends", None), ("GET", "/api/posts?limit=5", None), ("POST", "/api/posts", draft), ("GET", "/api/user", None)]
    with Load([backend], requests, token) as load:
        checks.expect(bool(wait_until(lambda: sum(load.answers.values()) > 50)), "the load runs")
        answers, _ = load.take()
        checks.expect(not bad(answers), f"before, all is well: {answers}")
        if redis:
            redis.kill()
            wait_until(lambda: sum(load.answers.values()) > 100)
            answers, slowest = load.take()
            checks.expect(not bad(answers), f"without Redis nobody sees an error: {answers}")
            checks.expect(slowest < 10, f"nor waits for it: {slowest:.1f} s")
            checks.expect(backend.is_ready(), "and readiness stays")
            redis.start()
        database.kill()
        checks.expect(bool(wait_until(lambda: backend.status("/api/health/ready") == 503, 15)), "without PostgreSQL readiness is lost")
        checks.expect(backend.status("/api/health/live") == 200, "liveness is not")
        wait_until(lambda: load.answers[503] > 0, 15)
        answers, slowest = load.take()
        checks.expect(answers[503] > 0 and answers[FAILED] == 0, f"everybody gets an answer, 503: {answers}")
        checks.expect(slowest < 20, f"in bounded time: {slowest:.1f} s")
        database.start()
        checks.expect(bool(wait_until(backend.is_ready, 20)), "readiness comes back with it")
        frozen_database(checks, backend, database, load)
        time.sleep(1)  # what was asked before may still be answered late
        load.take()
        wait_until(lambda: sum(load.answers.values()) > 200)
        answers, _ = load.take()
        checks.expect(not bad(answers) and sum(answers.values()) > 50, f"and afterwards there is no storm of errors: {answers}")


def frozen_database(checks: Checks, backend: Role, database: PostgreSQL, load: Load) -> None:
    """It accepts what comes and says nothing: a disk that hangs, a network that swallows."""
    time.sleep(1)
    load.take()
    for pid in database.pids():
        os.kill(pid, signal.SIGSTOP)
    try:
        checks.expect(bool(wait_until(lambda: backend.status("/api/health/ready") == 503, 15)), "with PostgreSQL frozen readiness is lost")
        checks.expect(backend.status("/api/health/live") == 200, "liveness is not, frozen or not")
        checks.expect(bool(wait_until(lambda: load.answers[503] >= ASKING, 20)), "everybody is told")
        answers, slowest = load.take()
        checks.expect(answers[FAILED] == 0 and slowest < 17, f"while it is frozen nobody waits longer than {slowest:.1f} s: {answers}")
    finally:
        for pid in database.pids():
            os.kill(pid, signal.SIGCONT)
    checks.expect(bool(wait_until(backend.is_ready, 10)), "and thawed it is used again")


def stopped_roles(checks: Checks, binary: str, settings: dict[str, str], token: str) -> None:
    draft = {"parts": [{"text": "while one stops"}], "variants": [], "when": {"type": "draft"}}
    asked = {"backend": [("GET", "/api/posts?limit=5", None), ("POST", "/api/posts", draft), ("GET", "/api/trends", None)],
             "automation": [("GET", "/automation/health", None), ("GET", "/api/health/live", None)],
             "worker": [("GET", "/metrics", None), ("GET", "/api/health/live", None)],
             "frontend": [("GET", "/", None), ("GET", "/index.html", None)]}
    for role, requests in asked.items():
        own = settings if role != "frontend" else {}
        with Role(binary, role, DRAIN_DELAY="1s", **own) as one, Role(binary, role, DRAIN_DELAY="1s", **own) as other:
            checks.expect(bool(wait_until(lambda: one.is_ready() and other.is_ready())), f"two of {role} are ready")
            with Load([one, other], requests, token if role == "backend" else "", chooses=True) as load:
                wait_until(lambda: sum(load.answers.values()) > 50)
                code = one.terminate()
                asked_before = sum(load.answers.values())
                wait_until(lambda: sum(load.answers.values()) > asked_before + 50)
                answers, _ = load.take()
            checks.expect(code == 0, f"a {role} that is told to stop ends with {code}")
            checks.expect(not bad(answers), f"while a {role} stops under load no request is lost: {answers}")


def check(checks: Checks, binary: str) -> None:
    if shutil.which("psql") is None:
        checks.skip("outages: PostgreSQL is not installed, run tools/setup test")
        return
    key = subprocess.run([binary, "config", "--make-key"], capture_output=True, text=True, check=True).stdout.split()[-1]
    redis = Redis() if shutil.which("redis-server") else None
    if redis is None:
        checks.skip("Redis killed under load: redis-server is not installed, run tools/setup test")
    with PostgreSQL(durable=True) as database:
        settings = {"DATABASE_URL": database.url, "APP_KEY": key}
        subprocess.run([binary, "migrate", "--database-url", database.url], check=True, stdout=subprocess.DEVNULL)
        if redis:
            redis.start()
            settings["REDIS_URL"] = redis.url
        try:
            with Role(binary, "backend", **settings) as backend:
                backend.ask("/api/register", "POST", {"name": "Ada", "email": "ada@example.org", "password": PASSWORD})
                login = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=20)
                login.request("POST", "/automation/token", f"grant_type=password&username=ada%40example.org&password={PASSWORD.replace(' ', '+')}",
                              {"Content-Type": "application/x-www-form-urlencoded"})
                token = json.loads(login.getresponse().read())["access_token"]
                login.close()
                killed_servers(checks, backend, database, redis, token)
            stopped_roles(checks, binary, settings, token)
        finally:
            if redis:
                redis.__exit__()
