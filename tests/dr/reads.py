#!/usr/bin/env python3
"""Reads from a real streaming replica: nobody misses what he wrote, and nobody sees an error when the replica lags, hangs or dies.

usage: reads.py [--json REPORT]      SOCIALTREND_BINARY names the binary (build/release/socialtrend)

A primary and its replica (pg_basebackup, streaming), two backends, and a person who writes through one and reads through the
other. Own servers on random ports of loopback; about half a minute. Needs Debian's postgresql (tools/setup test).
"""
import argparse
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "observability"))
from checks import Checks, wait_until
from program import Program, binary
from standing import Primary, Replica

LAG_MAX = 3  # seconds
PASSWORD = "a long enough password"


class Backend(Program):
    def command(self) -> list[str]:
        words = super().command()
        place = words.index(self.binary) + 1
        return [*words[:place], "backend", *words[place:], "--bind", "127.0.0.1"]

    def metric(self, name: str) -> float:
        return sum(float(line.split()[-1]) for line in self.get("/metrics").splitlines() if line.startswith(name))

    def read_at(self, place: str) -> float:
        return self.metric(f'db_reads_total{{place="{place}"}}')

    def uses_replica(self) -> bool:
        return self.metric("db_replica_in_use") == 1


class Visitor:
    """A browser with its cookies, or a script with a token."""

    def __init__(self, token: str = "") -> None:
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.token = token
        self.seen_headers: dict[str, str] = {}

    def send(self, backend: Backend, method: str, path: str, body: object = None, headers: dict[str, str] | None = None):
        line = http.client.HTTPConnection("127.0.0.1", backend.port, timeout=30)
        sent = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        else:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            sent["X-CSRF-Token"] = self.csrf
        line.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = line.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and not self.token:
                pair = value.split(";")[0].partition("=")
                self.cookies[pair[0]] = pair[2]
        self.seen_headers = {name.lower(): value for name, value in answer.getheaders()}
        line.close()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text}")
        parsed = json.loads(text) if text else None
        if isinstance(parsed, dict):
            self.csrf = parsed.get("csrf_token") or self.csrf
        return parsed

    def draft(self, backend: Backend, text: str) -> str:
        written = {"parts": [{"text": text}], "variants": [], "when": {"type": "draft"}}
        return self.send(backend, "POST", "/api/posts", written)["id"]

    def sees(self, backend: Backend, post: str, headers: dict[str, str] | None = None) -> bool:
        found = self.send(backend, "GET", "/api/posts?limit=50", headers=headers)
        return any(item["id"] == post for item in found["items"])


def reads_own_writes(checks: Checks, one: Backend, other: Backend) -> tuple[Visitor, Visitor]:
    ada = Visitor()
    ada.send(one, "POST", "/api/register", {"name": "Ada", "email": "ada@example.org", "password": PASSWORD})
    onlooker = Visitor()
    onlooker.send(other, "POST", "/api/login", {"email": "ada@example.org", "password": PASSWORD})
    before = one.read_at("replica") + other.read_at("replica")
    missed = 0
    for n in range(60):
        writer, reader = (one, other) if n % 2 else (other, one)
        missed += not ada.sees(reader, ada.draft(writer, f"draft {n}"))
    checks.expect(missed == 0, f"who writes through one backend and reads through the other misses {missed} of 60 posts")
    checks.expect(bool(wait_until(lambda: ada.sees(one, "none") or one.read_at("replica") + other.read_at("replica") > before, 5)),
                  "reads go to the replica once it has what was written")
    return ada, onlooker


def lags(checks: Checks, replica: Replica, one: Backend, other: Backend, ada: Visitor, onlooker: Visitor) -> None:
    replica.ask("SELECT pg_wal_replay_pause()")
    post = ada.draft(one, "while the replica stands still")
    checks.expect(ada.sees(one, post) and ada.sees(other, post), "the author sees it everywhere")
    checks.expect(not onlooker.sees(other, post), "others read the replica, which has not replayed it (else this shows nothing)")
    script = Visitor(ada.send(one, "POST", "/api/tokens", {"name": "script"})["token"])
    checks.expect(script.sees(other, post), "a script that says nothing reads at the primary")
    checks.expect(not script.sees(other, post, {"X-Database-Position": "0/0"}), "one that says that it wrote nothing does not")
    made = script.draft(one, "of a script")
    position = script.seen_headers.get("x-database-position", "")
    checks.expect(script.sees(other, made, {"X-Database-Position": position}), f"one that hands on its position ({position}) sees its own")
    checks.expect(script.sees(other, made, {"X-Database-Position": "nonsense"}), "what is malformed leads to the primary")
    checks.expect(bool(wait_until(lambda: not other.uses_replica(), LAG_MAX + 5)), "a replica too far behind is left alone")
    checks.expect(other.metric("db_replica_lag_seconds") > LAG_MAX, "db_replica_lag_seconds says how far")
    checks.expect("behind" in other.get("/api/health"), "and so does /api/health")
    checks.expect('"status":"ok"' in other.get("/api/health/ready"), "which does not make the backend unready")
    checks.expect(onlooker.sees(other, post), "then everybody reads at the primary")
    replica.ask("SELECT pg_wal_replay_resume()")
    checks.expect(bool(wait_until(other.uses_replica)), "once it has caught up it is used again")


def survives(checks: Checks, replica: Replica, backend: Backend, onlooker: Visitor) -> None:
    server = replica.pids()[-1]
    for name, harm, mend in (("hangs", lambda: freeze(replica, signal.SIGSTOP), lambda: freeze(replica, signal.SIGCONT)),
                             ("is killed", replica.kill, replica.start)):
        wait_until(backend.uses_replica)
        harm()
        try:
            for _ in range(40):
                onlooker.send(backend, "GET", "/api/posts")
            checks.expect(True, "")
        except (RuntimeError, OSError) as error:
            checks.expect(False, f"while the replica {name} people see {error}")
        checks.expect(bool(wait_until(lambda: not backend.uses_replica())), f"a replica that {name} is left alone")
        mend()
        checks.expect(bool(wait_until(backend.uses_replica, 30)), f"a replica that {name} and comes back is used again")
    checks.expect(server > 0, "the replica ran")


def freeze(replica: Replica, how: signal.Signals) -> None:
    """All of its processes: the postmaster and those that serve connections."""
    for pid in replica.pids()[1 if replica.as_user else 0:]:
        os.kill(pid, how)


def app_key() -> str:
    return subprocess.run([binary(), "config", "--make-key"], capture_output=True, text=True, check=True).stdout.split()[-1]


def drill(checks: Checks) -> None:
    with Primary(None) as primary:
        done = subprocess.run([binary(), "migrate", "--database-url", primary.url], capture_output=True, text=True)
        checks.expect(done.returncode == 0, f"socialtrend migrate: {done.stdout}{done.stderr}")
        with Replica(primary) as replica:
            settings = {"DATABASE_URL": primary.url, "DATABASE_REPLICA_URL": replica.url, "APP_KEY": app_key(),
                        "REPLICA_LAG_MAX": f"{LAG_MAX}s"}
            with Backend(binary(), **settings) as one, Backend(binary(), **settings) as other:
                checks.expect(bool(wait_until(lambda: one.uses_replica() and other.uses_replica())), "both backends find the replica")
                ada, onlooker = reads_own_writes(checks, one, other)
                lags(checks, replica, one, other, ada, onlooker)
                survives(checks, replica, other, onlooker)
                asked = subprocess.run([binary(), "doctor", "--data-dir", str(one.folder), "--url", one.url,
                                        *[word for key, value in settings.items() for word in ("--set", f"{key}={value}")]],
                                       capture_output=True, text=True, timeout=60)
                named = [line for line in asked.stdout.splitlines() if "replica" in line and line.startswith("ok")]
                checks.expect(bool(named), f"doctor tells of the replica: {asked.stdout}{asked.stderr}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    options = parser.parse_args()
    checks = Checks()
    if shutil.which("psql") is None:
        checks.skip("reads from a replica: PostgreSQL is not installed, run tools/setup test")
    else:
        drill(checks)
    return checks.finish(options.json)


if __name__ == "__main__":
    sys.exit(main())
