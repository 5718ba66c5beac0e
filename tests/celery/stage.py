"""Real PostgreSQL and Redis, a backend and a worker of the binary, Debian's Celery as the producer and the monitor."""
import contextlib
import functools
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import celery
import redis

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path += [str(ROOT / "tools"), str(ROOT / "tests/chaos")]

from api import Api  # noqa: E402
from cast import Program  # noqa: E402
from receivers import Double, doubles  # noqa: E402
from servers import PostgreSQL, Redis, free_port  # noqa: E402

PATIENCE = 30  # seconds
VISIBILITY = 2  # seconds
QUEUE = "uploads"


def await_until(ask, what: str, patience: float = PATIENCE):
    """The first true answer."""
    give_up = time.monotonic() + patience
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {patience} s for {what}")
        time.sleep(0.02)


class Pictures:
    """A web server on loopback with the pictures of the tests."""

    def __enter__(self) -> "Pictures":
        class Quiet(http.server.SimpleHTTPRequestHandler):
            log_message = staticmethod(lambda *_: None)

        handler = functools.partial(Quiet, directory=ROOT / "tests/pictures")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()


class Stage:
    def __init__(self, binary: str, stack: contextlib.ExitStack) -> None:
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="socialtrend-celery-"))
        self.postgres = stack.enter_context(PostgreSQL())
        self.redis_server = stack.enter_context(Redis())
        self.pictures = stack.enter_context(Pictures())
        self.redis = redis.Redis.from_url(self.redis_server.url)
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "DATA_DIR": str(self.folder / "data"), "BIND": "127.0.0.1",
            "LOG_FORMAT": "json", "TREND_SOURCES": "none", "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis_server.url}
        made = subprocess.run([binary, "config", "--make-key"], check=True, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        environment["APP_KEY"] = made.stdout.strip()
        subprocess.run([binary, "migrate"], check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        backend = self.program("backend", ["backend"], {**environment, "PORT": str(free_port())}, stack)
        rehearsal = self.program("rehearsal", ["rehearse", "--port", "0", "--networks", "mastodon", "--no-rate-limits"],
                                 environment, stack)
        self.api = Api(backend.start())
        token = self.api.call("POST", "/api/tokens", {"name": "celery"})["token"]
        self.receiver: Double = doubles(rehearsal.start())[0]
        self.account = self.api.call("POST", "/api/accounts",
                                     {"network": "mastodon", "settings": self.receiver.settings()})
        self.worker_environment = {**environment, "PORT": "0", "CELERY_QUEUE": QUEUE, "CELERY_TOKEN": token,
                                   "CELERY_VISIBILITY_TIMEOUT": f"{VISIBILITY}s"}
        self.worker = self.program("worker", ["worker"], self.worker_environment, stack)
        self.app = celery.Celery("producer", broker=self.redis_server.url, backend=self.redis_server.url)
        self.app.conf.task_default_queue = QUEUE
        self.app.conf.task_send_sent_event = True

    def program(self, name: str, arguments: list[str], environment: dict[str, str], stack: contextlib.ExitStack) -> Program:
        program = Program(self.binary, name, arguments, environment, self.folder)
        stack.callback(program.kill)
        return program

    def upload(self, text: str, **options):
        arguments = options.pop("kwargs", {})
        return self.app.send_task("tasks.auto_upload", kwargs={"text": text, "accounts": [self.account["id"]], **arguments},
                                  **options)

    def posts(self, text: str) -> list[dict]:
        return [post for post in self.api.posts() if post["parts"][0]["text"] == text]

    def copies(self, text: str) -> int:
        """At the receiver: what a reader would see."""
        return sum(seen == text for seen in self.receiver.texts())

    def unacknowledged(self) -> int:
        return self.redis.hlen("unacked") + self.redis.zcard("unacked_index")

    def command_line(self, *words: str) -> str:
        """What `celery ...` prints to somebody at a terminal."""
        done = subprocess.run([sys.executable, "-m", "celery", "-b", self.redis_server.url, *words], cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        return done.stdout.decode(errors="replace")

    def deliver(self, message: dict) -> None:
        self.redis.lpush(QUEUE, json.dumps(message))

    def metrics(self, program: Program) -> str:
        ready = [line for line in program.log.read_text().splitlines() if "is ready" in line]
        address = ready[-1].rsplit(" ", 1)[1]  # of the latest start
        with urllib.request.urlopen(address.rstrip("/") + "/metrics", timeout=10) as answer:
            return answer.read().decode()
