"""The job queues that one would take instead of our worker, each at its documented best: jobs that do nothing. Of ours each target is
made durable three times and has a story besides, which no peer's job has."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

from benchmarks.results import ROOT, series
from benchmarks.servers import Postgres, Redis

FOLDER = ROOT / "tests/bench/peers"
LOCK = FOLDER / "package-lock.json"


def skip(what: str, why: str) -> None:
    print(f"\n*** SKIPPED: {what}: {why}\n", file=sys.stderr, flush=True)


def npm_ready() -> None:
    stamp = FOLDER / "node_modules/.locked"
    if not shutil.which("npm"):
        raise FileNotFoundError("npm is not installed")
    if not stamp.exists() or stamp.read_bytes() != LOCK.read_bytes():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"], cwd=FOLDER, check=True,
                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        stamp.write_bytes(LOCK.read_bytes())


def celery_python() -> str:
    for python in ("/usr/bin/python3", sys.executable):
        if pathlib.Path(python).exists() and not subprocess.run([python, "-c", "import celery, redis"], stderr=subprocess.DEVNULL).returncode:
            return python
    raise FileNotFoundError("Celery is not installed (apt-get install python3-celery python3-redis)")


def run_peer(command: list[str], mode: str, count: int, environment: dict) -> dict:
    done = subprocess.run([*command, mode, str(count)], cwd=FOLDER, env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=300)
    lines = [text for text in done.stdout.splitlines() if text.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError((done.stderr or done.stdout)[-500:])
    return json.loads(lines[-1])


def measure_peer(name: str, command: list[str], postgres: Postgres, redis: Redis | None, needs: str, runs: int) -> list[dict]:
    rates, late, memory, version = [], [], [], ""
    for _ in range(runs):
        for mode, count in (("drain", 20_000), ("burst", 5_000)):
            environment = {"REDIS_PORT": str(redis.port)} if needs == "redis" else {"PG_URL": postgres.fresh()}
            answer = run_peer(command, mode, count, environment)
            version = answer["version"]
            memory.append(answer["resident_mb"])
            if mode == "drain":
                rates.append(answer["rate"])
            else:
                late.append(answer["lateness_ms"])
    label = f"{name} {version}"
    return [series(f"{label}: jobs", "jobs/s", rates, peer=label),
            series(f"{label}: 5,000 at one instant, p50", "ms late", [each["p50"] for each in late], peer=label),
            series(f"{label}: 5,000 at one instant, p99", "ms late", [each["p99"] for each in late], peer=label),
            series(f"{label}: worker", "MB", memory, peer=label)]


def measure(postgres: Postgres, runs: int) -> list[dict]:
    try:
        redis = Redis()
    except FileNotFoundError as error:
        redis = None
        skip("Celery and BullMQ", str(error))
    results = []
    try:
        node = {"BullMQ": ("bullmq.js", "redis"), "graphile-worker": ("graphile_worker.js", "postgres"), "pg-boss": ("pg_boss.js", "postgres")}
        try:
            npm_ready()
            commands = {name: (["node", script], needs) for name, (script, needs) in node.items()}
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            commands = {}
            skip(", ".join(node), str(error))
        try:
            commands["Celery"] = ([celery_python(), "celery_app.py"], "redis")
        except FileNotFoundError as error:
            skip("Celery", str(error))
        for name, (command, needs) in commands.items():
            if needs == "redis" and redis is None:
                continue
            print(f"... {name}", file=sys.stderr, flush=True)
            try:
                results += measure_peer(name, command, postgres, redis, needs, runs)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                skip(name, str(error))
    finally:
        if redis:
            redis.stop()
    return results
