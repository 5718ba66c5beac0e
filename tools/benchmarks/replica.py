"""One replica of the program for benchmarks of HTTP, with a person, an account that needs no network, and posts."""
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.parse

from benchmarks.results import BINARY

POSTS = 1_000
OWNER = {"name": "Ada", "email": "ada@example.org", "password": "a long enough password", "workspace": "Studio", "time_zone": "UTC"}


def draft(account: str, number: object, when: object = None) -> dict:
    text = f"What we learned while we were making number {number}, and what we would do otherwise. " * 2
    return {"parts": [{"text": text}], "variants": [{"account_id": account}], "when": when or {"type": "draft"}}


class Replica:
    """The program on a port of its own: a backend on PostgreSQL, or all in one on SQLite."""

    def __init__(self, stack: contextlib.ExitStack, role: str, **settings: str) -> None:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-http-"))
        plain = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")}
        environment = {**plain, "DATA_DIR": folder, "PORT": "0", "BIND": "127.0.0.1", "TREND_SOURCES": "none", "LOG_LEVEL": "warn", **settings}
        self.process = subprocess.Popen([BINARY, role], env=environment, stdout=subprocess.PIPE, text=True, cwd=folder)
        stack.callback(self.stop)
        line = self.process.stdout.readline()
        found = re.search(r"is ready: (\S+)", line)
        if not found:
            raise RuntimeError(f"the program did not start: {line}")
        self.url = found[1].rstrip("/")
        self.pid = self.process.pid
        self.token = ""

    def call(self, method: str, path: str, body: object = None) -> dict:
        line = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=30)
        form = isinstance(body, str)
        headers = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        line.request(method, path, body if form else json.dumps(body) if body is not None else None, headers)
        answer = line.getresponse()
        text = answer.read()
        line.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return json.loads(text) if text else {}

    def furnish(self) -> str:
        """A person, an account that needs no network, stored posts; the id of one of them."""
        self.call("POST", "/api/register", OWNER)
        form = urllib.parse.urlencode({"grant_type": "password", "username": OWNER["email"], "password": OWNER["password"]})
        self.token = self.call("POST", "/automation/token", form)["access_token"]
        self.token = self.call("POST", "/api/tokens", {"name": "bench"})["token"]
        self.account = self.call("POST", "/api/accounts", {"network": "feed", "settings": {"title": "Studio"}})["id"]
        for number in range(POSTS):
            post = self.call("POST", "/api/posts", draft(self.account, number))
        return post["id"]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
