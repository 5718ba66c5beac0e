"""Celery: REDIS_PORT names the server. Prefork workers, one for each processor, acks late off: its defaults, with the prefetch that
its documentation recommends for short tasks.

usage: celery_app.py drain|burst COUNT     prints one line of JSON
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import celery
import redis

URL = f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/3"
app = celery.Celery("celery_app", broker=URL)
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=64, worker_hijack_root_logger=False,
                broker_connection_retry_on_startup=True, worker_send_task_events=False)
store = redis.Redis.from_url(URL.replace("/3", "/4"))


@app.task(ignore_result=True)
def job():
    store.rpush("starts", time.time())


def resident_of(pid: int) -> float:
    total = 0
    for path in [pathlib.Path(f"/proc/{pid}"), *children(pid)]:
        for line in (path / "status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
    return total / 1e6


def children(pid: int) -> list[pathlib.Path]:
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [pathlib.Path(f"/proc/{child}") for child in text.split()]


def main() -> None:
    mode, count = sys.argv[1], int(sys.argv[2])
    store.flushdb()
    redis.Redis.from_url(URL).flushdb()
    due = time.time() + (12 if mode == "burst" else 0)
    with app.producer_pool.acquire() as producer:
        for _ in range(count):
            options = {"countdown": max(0.0, due - time.time())} if mode == "burst" else {}
            job.apply_async(producer=producer, **options)
    log = tempfile.TemporaryFile()
    worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "celery_app", "worker", "--loglevel", "ERROR", "--pool", "prefork",
                               "--concurrency", str(os.cpu_count()), "--without-gossip", "--without-mingle", "--without-heartbeat"],
                              stdout=log, stderr=log, cwd=pathlib.Path(__file__).parent)
    try:
        while store.llen("starts") == 0:  # the start of the interpreter is not the queue's speed
            time.sleep(0.001)
            if worker.poll() is not None:
                raise SystemExit("the Celery worker did not start")
        first = time.perf_counter()
        before = store.llen("starts")
        while store.llen("starts") < count:
            time.sleep(0.005)
        seconds = time.perf_counter() - first
        answer = {"version": celery.__version__, "seconds": seconds, "rate": (count - before) / seconds, "resident_mb": resident_of(worker.pid)}
    finally:
        worker.terminate()
        worker.wait(30)
    late = sorted((float(start) - due) * 1000 for start in store.lrange("starts", 0, -1))
    if mode == "burst":
        answer["lateness_ms"] = {name: late[int(share * (count - 1))] for name, share in (("p50", .5), ("p90", .9), ("p99", .99), ("max", 1))}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
