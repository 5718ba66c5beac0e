"""HTTP: what one replica answers, by kind of request, on PostgreSQL and on SQLite; nginx and Node.js beside it, in the same run.

Of each kind twice: as many as 32 connections get (the rate, and what one answer costs the program's and the database's processor), then
half of that rate at fixed instants (p50 and p99). The processor's time is what to plan with: unlike the rate it does not depend on what else
the machine is doing. wrk is the client, on the same machine."""
import contextlib
import http.client
import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request

from benchmarks import http_peers
from benchmarks.http_report import write_capacity
from benchmarks.load import measured, processor_seconds, resident_mb, tell
from benchmarks.replica import POSTS, Replica, draft
from benchmarks.results import BINARY, series
from benchmarks.servers import Postgres

PAGES = 1_000  # open pages with live events


def open_pages(name: str, replica: Replica) -> list[dict]:
    """What a page that is open costs: its line of live events."""
    tell(f"{name}, open pages")
    place = urllib.parse.urlsplit(replica.url).netloc
    before = resident_mb(replica.pid)
    lines = []
    try:
        for _ in range(PAGES):
            line = http.client.HTTPConnection(place, timeout=30)
            line.request("GET", "/api/events", headers={"Authorization": f"Bearer {replica.token}"})
            lines.append((line, line.getresponse()))
            if lines[-1][1].status != 200:
                raise RuntimeError(f"live events: {lines[-1][1].status}")
        grown = (resident_mb(replica.pid) - before) * 1e3 / PAGES
        start = processor_seconds(replica.pid)
        time.sleep(5)
        busy = (processor_seconds(replica.pid) - start) / 5 * 1e3
    finally:
        for line, _ in lines:
            line.close()
    return [series(f"{name}: memory of an open page", "kB", [grown]),
            series(f"{name}: processor of {PAGES:,} open pages, idle", "ms/s", [busy])]


def ours(place: str, role: str, runs: int, database: Postgres | None) -> list[dict]:
    with contextlib.ExitStack() as stack:
        settings = {}
        if database:
            url = database.fresh()
            key = subprocess.run([BINARY, "config", "--make-key"], capture_output=True, text=True, check=True).stdout.strip()
            settings = {"DATABASE_URL": url, "APP_KEY": key}
            subprocess.run([BINARY, "migrate", "--database-url", url], check=True, stdout=subprocess.DEVNULL)
        replica = Replica(stack, role, **settings)
        idle = resident_mb(replica.pid)
        tell(f"{place}: {POSTS:,} posts")
        post = replica.furnish()
        if database:
            subprocess.run([database.bin / "psql", "-qX", "-d", url, "-c", "VACUUM ANALYZE"], check=True)  # as autovacuum would by then
        kinds = [
            ("live (no database)", "/api/health/live", None),
            ("who am I", "/api/user", None),
            ("20 newest posts", "/api/posts?limit=20", None),
            ("one post", f"/api/posts/{post}", None),
            ("trends", "/api/trends", None),
            ("validate a post", "/api/posts/validate", draft(replica.account, "NUMBER")),
            ("store a draft", "/api/posts", draft(replica.account, "NUMBER")),
            ("schedule a post", "/api/posts", draft(replica.account, "NUMBER", {"type": "at", "at": "MINUTE"})),
        ]
        results = []
        for name, path, body in kinds:
            more = {"METHOD": "POST", "BODY": json.dumps(body)} if body else {}
            results += measured(f"{place}, {name}", replica.url + path, runs, replica.pid, database.server.pid if database else None,
                                TOKEN=replica.token, **more)
        results += open_pages(place, replica)
        return [*results, series(f"{place}: memory, idle", "MB", [idle]), series(f"{place}: memory after all of this", "MB", [resident_mb(replica.pid)])]


def files(runs: int) -> tuple[list[dict], dict[str, bytes]]:
    """The page by our frontend; and its bytes, for others to serve."""
    with contextlib.ExitStack() as stack:
        frontend = Replica(stack, "frontend")
        page = fetch(frontend.url + "/")
        scripts = {name: fetch(frontend.url + name) for name in re.findall(r'"(/assets/[^"]+\.js)"', page.decode())}
        largest = max(scripts, key=lambda name: len(scripts[name]))
        results = measured("frontend, index.html", frontend.url + "/", runs, frontend.pid)
        results += measured("frontend, the page's largest script (br)", frontend.url + largest, runs, frontend.pid, ENCODING="br")
        results.append(series("frontend: memory after all of this", "MB", [resident_mb(frontend.pid)]))
        return results, {"index.html": page, "script.js": fetch(frontend.url + largest, "br")}


def fetch(url: str, encoding: str = "identity") -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": encoding})) as answer:
        return answer.read()


def measure(options) -> list[dict]:
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: tools/setup load")
    database = Postgres()
    try:
        results = ours(f"PostgreSQL {database.version}", "backend", options.runs, database)
        if not options.no_peers:
            results += http_peers.node(options.runs, database, database.url("bench"))
    finally:
        database.stop()
    results += ours("SQLite", "all-in-one", options.runs, None)
    page, served = files(options.runs)
    results += page
    if not options.no_peers:
        results += http_peers.nginx(options.runs, served)
    if options.write:
        write_capacity(results, options)
    return results
