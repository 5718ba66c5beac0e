#!/usr/bin/env python3
"""SIGTERM under the load of clients that keep their connections: a role that stops answers all that it took, and loses no post.

usage: check.py [--json REPORT] [--rounds N] [ROLE...]      SOCIALTREND_BINARY names the program (build/release/socialtrend)

Every role of a PostgreSQL of its own, and all-in-one with its embedded database, is told to stop at a random moment: without a drain
delay (nobody is told before) and with one. No load balancer hides anything: each accepted connection whose request got no whole answer
is a loss. Posts fall due all the while; afterwards another process takes over, and each that was taken must be received exactly once.
About a minute. Needs Debian's postgresql (tools/setup test).
"""
import argparse
import collections
import pathlib
import random
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tools"), str(ROOT / "tests/chaos"), str(ROOT / "tests/swarm"), str(ROOT / "tests/observability")]
from api import Api  # noqa: E402
from callers import Callers  # noqa: E402
from checks import Checks, wait_until  # noqa: E402
from program import Program, binary  # noqa: E402
from receiver import Receiver  # noqa: E402
from servers import PostgreSQL  # noqa: E402

PATHS = {"backend": ["/api/posts?limit=5", "/api/user", "/api/accounts", "/api/health"],
         "automation": ["/automation/health", "/api/health/live"],
         "worker": ["/metrics", "/api/health/live"],
         "frontend": ["/", "/index.html", "/api/health"],
         "all-in-one": ["/api/posts?limit=5", "/", "/api/user", "/automation/health"]}
# A client that asks without a break, and one that thinks between two requests: its connection is idle when the end comes.
PAUSES = [0.0, 0.02]
DELAYS = ["0s", "1s"]
CONNECTIONS = 16


class Role(Program):
    def __init__(self, role: str, folder: pathlib.Path | None = None, **settings: str) -> None:
        super().__init__(binary(), BIND="127.0.0.1", **settings)
        self.role = role
        self.data = folder or self.folder / "data"

    def command(self) -> list[str]:
        settings = [f"{key}={value}" for key, value in self.settings.items()]
        return ["env", "-u", "DATABASE_URL", "-u", "REDIS_URL", *settings, "LOG_FORMAT=json", self.binary, self.role,
                "--port", str(self.port), "--data-dir", str(self.data)]

    def is_ready(self) -> bool:
        try:
            return '"ok"' in self.get("/api/health/ready")
        except OSError:
            return False

    def __enter__(self) -> "Role":
        super().__enter__()
        if not wait_until(self.is_ready, 30):
            raise RuntimeError(f"{self.role} is not ready: {(self.folder / 'log').read_text()[-600:]}")
        return self


def stop_under_load(checks: Checks, role: Role, what: str, pause: float, token: str, account: str) -> dict[str, bool]:
    """The posts that were asked for, and which of them were taken."""
    callers = Callers(role.port, PATHS[role.role], CONNECTIONS, pause, token, account)
    callers.start()
    wait_until(lambda: callers.counts.answered > 4 * CONNECTIONS)
    time.sleep(random.uniform(0, 0.3))
    code = role.terminate()
    callers.join(30)
    counts = callers.counts
    checks.expect(code == 0, f"{what} ends with {code}")
    checks.expect(not callers.is_alive() and counts.refused == CONNECTIONS, f"{what}: every client was sent away in the end: {counts}")
    checks.expect(counts.closed_in_order > 0, f"{what}: clients are told that a connection ends: {counts}")
    checks.expect(not counts.lost, f"{what}: {sum(counts.lost.values())} of {counts.answered} requests were lost: {counts.lost.most_common(4)}")
    checks.expect(not counts.wrong, f"{what}: bad answers: {counts.wrong.most_common(4)}")
    print(f"{what:52} {counts.answered:6} answered, {sum(counts.lost.values())} lost, {len(callers.posts)} posts", flush=True)
    return callers.posts


def count_posts(checks: Checks, receiver: Receiver, posts: dict[str, bool]) -> None:
    taken = [text for text, good in posts.items() if good]
    wait_until(lambda: all(receiver.copies[text] for text in taken), 60)
    time.sleep(2)  # for a second copy
    copies = collections.Counter(receiver.copies[text] for text in taken)
    stray = [text for text, good in posts.items() if not good and receiver.copies[text] > 1]
    checks.expect(bool(taken) and copies == {1: len(taken)} and not stray, f"posts are received exactly once: {dict(copies)}, {len(stray)} stray")
    print(f"{len(taken)} posts taken, {copies[1]} received once", flush=True)


def connect(role: Role, receiver: Receiver) -> tuple[str, str]:
    """A token and an account of the first person."""
    api = Api(role.url)
    account = api.call("POST", "/api/accounts", {"network": "webhook", "settings": {"url": receiver.url, "deduplicates": "yes"}})
    return api.call("POST", "/api/tokens", {"name": "stopping"})["token"], account["id"]


def separate_roles(checks: Checks, receiver: Receiver, settings: dict[str, str], roles: list[str]) -> None:
    """One of a role stops under load, while a backend makes posts that fall due and a worker publishes them."""
    posts: dict[str, bool] = {}
    with Role("backend", **settings) as backend, Role("worker", **settings):
        token, account = connect(backend, receiver)
        for role in roles:
            for delay in DELAYS:
                for pause in PAUSES:
                    own = settings if role != "frontend" else {}
                    makes_posts = role == "backend"
                    # Posts for the worker that stops come through the backend that stays.
                    feeder = Callers(backend.port, PATHS["backend"], 1, 0.02, token, account)
                    feeder.start()
                    with Role(role, DRAIN_DELAY=delay, **own) as one:
                        what = f"{role}, drain {delay}, {'thinking' if pause else 'hasty'} clients"
                        posts |= stop_under_load(checks, one, what, pause, token if makes_posts else "", account if makes_posts else "")
                    feeder.leave()
                    posts |= feeder.posts
                    checks.expect(not feeder.counts.lost and not feeder.counts.wrong, f"{what}: others notice nothing: {feeder.counts}")
        count_posts(checks, receiver, posts)


def whole_program(checks: Checks, receiver: Receiver, settings: dict[str, str]) -> None:
    """all-in-one on its embedded database, stopped and started again and again."""
    home = Role("all-in-one")
    posts: dict[str, bool] = {}
    token = account = ""
    try:
        for delay in DELAYS:
            for pause in PAUSES:
                with Role("all-in-one", home.data, DRAIN_DELAY=delay, **settings) as one:
                    if not token:
                        token, account = connect(one, receiver)
                    what = f"all-in-one, drain {delay}, {'thinking' if pause else 'hasty'} clients"
                    posts |= stop_under_load(checks, one, what, pause, token, account)
        with Role("all-in-one", home.data, **settings):
            count_posts(checks, receiver, posts)
    finally:
        shutil.rmtree(home.folder, ignore_errors=True)


def check(checks: Checks, roles: list[str]) -> None:
    receiver = Receiver("127.0.0.1")
    key = subprocess.run([binary(), "config", "--make-key"], capture_output=True, text=True, check=True).stdout.split()[-1]
    settings = {"APP_KEY": key, "ALLOW_PRIVATE_NETWORKS": "127.0.0.1/32", "TREND_SOURCES": "none"}
    if "all-in-one" in roles:
        whole_program(checks, receiver, settings)
    separate = [role for role in roles if role != "all-in-one"]
    if not separate:
        return
    if shutil.which("psql") is None:
        checks.skip("separate roles: PostgreSQL is not installed, run tools/setup test")
        return
    with PostgreSQL() as database:
        subprocess.run([binary(), "migrate", "--database-url", database.url], check=True, stdout=subprocess.DEVNULL)
        separate_roles(checks, receiver, settings | {"DATABASE_URL": database.url}, separate)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("roles", nargs="*", metavar="ROLE")
    options = parser.parse_args()
    unknown = set(options.roles) - PATHS.keys()
    if unknown:
        parser.error(f"no such role: {', '.join(unknown)}; there are: {', '.join(PATHS)}")
    checks = Checks()
    for _ in range(options.rounds):
        check(checks, options.roles or list(PATHS))
    return checks.finish(options.json)


if __name__ == "__main__":
    sys.exit(main())
