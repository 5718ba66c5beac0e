#!/usr/bin/env python3
"""The worker as Celery's own client, command line and event receiver see it.

usage: check.py [--json FILE] [--binary FILE] [NAME...]

Each case sends real tasks with Debian's python3-celery over a real Redis, and counts posts in the API and at a network's double.
"""
import argparse
import contextlib
import datetime
import json
import os
import shutil
import sys
import threading
import time
import traceback
import uuid

try:
    import celery
    import kombu
except ImportError:
    print("SKIPPED python3-celery is not installed: run tools/setup test")
    if "REPORT" in os.environ:
        with open(os.environ["REPORT"], "w") as nothing_done:
            json.dump({"passed": 0, "failed": 0, "skipped": 1}, nothing_done)
    sys.exit(0)

from celery.exceptions import TaskRevokedError
from celery.result import AsyncResult

from stage import PATIENCE, QUEUE, ROOT, Stage, await_until


def enqueue_and_get(stage: Stage) -> None:
    sent = stage.upload("a plain post")
    result = sent.get(timeout=PATIENCE)
    assert result["accounts"] == [stage.account["id"]], result
    assert [post["id"] for post in stage.posts("a plain post")] == [result["post_id"]]
    assert sent.state == "SUCCESS" and sent.date_done is not None
    await_until(lambda: stage.copies("a plain post") == 1, "the network to receive it")
    await_until(lambda: stage.unacknowledged() == 0, "the acknowledgement")
    assert 0 < stage.redis.ttl(f"celery-task-meta-{sent.id}") <= 86_400


def positional_arguments_and_networks(stage: Stage) -> None:
    sent = stage.app.send_task("tasks.auto_upload", args=["by position", "mastodon:" + stage.account["handle"]])
    assert sent.get(timeout=PATIENCE)["accounts"] == [stage.account["id"]]
    sent = stage.app.send_task("tasks.auto_upload", kwargs={"post": "by network", "networks": ["mastodon"]})
    assert sent.get(timeout=PATIENCE)["accounts"] == [stage.account["id"]]


def a_time_for_the_post(stage: Stage) -> None:
    when = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)).replace(microsecond=0)
    result = stage.upload("later", kwargs={"when": when.isoformat()}).get(timeout=PATIENCE)
    assert datetime.datetime.fromisoformat(result["due_at"].replace("Z", "+00:00")) == when, result
    assert stage.posts("later")[0]["state"] == "scheduled"


def media_by_address(stage: Stage) -> None:
    media = [{"url": f"{stage.pictures.url}/photo.jpg", "alt_text": "A photo"}]
    stage.upload("with a picture", kwargs={"media": media}).get(timeout=PATIENCE)
    post = stage.posts("with a picture")[0]
    assert len(post["parts"][0]["media"]) == 1, post
    forbidden = stage.upload("no metadata", kwargs={"media": ["http://169.254.169.254/latest/meta-data/"]})
    error = forbidden.get(timeout=PATIENCE, propagate=False)
    assert isinstance(error, ValueError) and "media" in str(error), repr(error)
    assert not stage.posts("no metadata")


def caption(stage: Stage) -> None:
    result = stage.app.send_task("tasks.ai_process", args=["solar eclipse"]).get(timeout=PATIENCE)
    assert "eclipse" in result["text"].lower() and result["offline"] is True, result


def clear_errors(stage: Stage) -> None:
    expectations = [
        ({"kwargs": {"text": "x", "accounts": ["nobody"]}}, ValueError, "accounts: \"nobody\" is not connected"),
        ({"kwargs": {"text": "x"}}, ValueError, "accounts"),
        ({"kwargs": {"text": "x", "accounts": [stage.account["id"]], "colour": "red"}}, ValueError, "colour"),
        ({"kwargs": {"text": "x" * 6000, "accounts": [stage.account["id"]]}}, ValueError, "500"),
        ({"args": ["x", [], [], "now", "surplus"]}, TypeError, "takes at most 4"),
    ]
    for options, kind, words in expectations:
        sent = stage.app.send_task("tasks.auto_upload", **options)
        error = sent.get(timeout=PATIENCE, propagate=False)
        assert sent.state == "FAILURE" and isinstance(error, kind) and words in str(error), (options, repr(error))
    unknown = stage.app.send_task("tasks.no_such", args=[])
    assert "no_such" in repr(unknown.get(timeout=PATIENCE, propagate=False)) and unknown.state == "FAILURE"
    linked = stage.upload("linked", link=stage.app.signature("tasks.ai_process", args=["x"]))
    assert isinstance(linked.get(timeout=PATIENCE, propagate=False), NotImplementedError)
    assert not stage.posts("linked")


def eta_and_countdown(stage: Stage) -> None:
    started = time.time()
    sent = stage.upload("in four seconds", countdown=4)
    await_until(lambda: stage.redis.hlen("unacked") == 1, "the worker to hold it")
    held = stage.app.control.inspect(timeout=1).scheduled()
    assert [entry["request"]["id"] for entries in held.values() for entry in entries] == [sent.id], held
    assert not stage.posts("in four seconds")
    sent.get(timeout=PATIENCE)
    # Held for two visibility time-outs, and still delivered once.
    assert time.time() - started >= 4 and len(stage.posts("in four seconds")) == 1
    assert "celery_restored_total 0" in stage.metrics(stage.worker) or "celery_restored_total" not in stage.metrics(stage.worker)


def expired(stage: Stage) -> None:
    sent = stage.upload("too late", expires=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=5))
    error = sent.get(timeout=PATIENCE, propagate=False)
    assert isinstance(error, TaskRevokedError) and "expired" in str(error), repr(error)
    assert not stage.posts("too late")


def revoked(stage: Stage) -> None:
    sent = stage.upload("regretted", countdown=3600)
    await_until(lambda: stage.redis.hlen("unacked") == 1, "the worker to hold it")
    stage.app.control.revoke(sent.id)
    error = sent.get(timeout=PATIENCE, propagate=False)
    assert isinstance(error, TaskRevokedError) and sent.state == "REVOKED", repr(error)
    await_until(lambda: stage.unacknowledged() == 0, "the acknowledgement")
    ids = stage.app.control.inspect(timeout=1).revoked()
    assert any(sent.id in each for each in ids.values()), ids
    # What is revoked before it is sent stays so, though the worker is another one by then.
    later = str(uuid.uuid4())
    stage.app.control.revoke(later, reply=True, timeout=1)
    assert stage.worker.process.poll() is None
    stage.worker.kill()
    stage.worker.start()
    stage.upload("regretted before", task_id=later)
    assert isinstance(AsyncResult(later, app=stage.app).get(timeout=PATIENCE, propagate=False), TaskRevokedError)
    assert not stage.posts("regretted") and not stage.posts("regretted before")


def delivered_twice(stage: Stage) -> None:
    same = str(uuid.uuid4())
    first = stage.upload("said twice", task_id=same).get(timeout=PATIENCE)
    stage.redis.delete(f"celery-task-meta-{same}")
    second = stage.upload("said twice", task_id=same).get(timeout=PATIENCE)
    assert first == second and len(stage.posts("said twice")) == 1
    many = str(uuid.uuid4())
    for _ in range(20):
        stage.upload("said at once", task_id=many)
    AsyncResult(many, app=stage.app).get(timeout=PATIENCE)
    await_until(lambda: stage.redis.llen(QUEUE) == 0 and stage.unacknowledged() == 0, "all deliveries")
    assert len(stage.posts("said at once")) == 1


def priorities(stage: Stage) -> None:
    assert stage.upload("urgent or not", priority=9).get(timeout=PATIENCE)["post_id"]


def retries_of_what_is_away(stage: Stage) -> None:
    """The server of the picture answers 503 at first."""
    handler = stage.pictures.server.RequestHandlerClass.func
    left, serve = [2], handler.do_GET

    def do_get(self) -> None:
        if left[0] > 0:
            left[0] -= 1
            self.send_error(503)
        else:
            serve(self)

    handler.do_GET = do_get
    try:
        states = set()
        sent = stage.upload("at last", kwargs={"media": [f"{stage.pictures.url}/photo.jpg"]})
        await_until(lambda: states.add(sent.state) or sent.ready(), "the retries")
        assert sent.state == "SUCCESS" and "RETRY" in states, states
    finally:
        handler.do_GET = serve
    assert len(stage.posts("at last")) == 1


def dead_letters(stage: Stage) -> None:
    stage.redis.delete(QUEUE + ".dead")
    pickled = stage.upload("pickled", serializer="pickle")
    error = pickled.get(timeout=PATIENCE, propagate=False)
    assert "application/json" in str(error), repr(error)
    stage.redis.lpush(QUEUE, b"not json at all")
    stage.deliver({"body": "bnVsbA==", "content-type": "application/json", "content-encoding": "utf-8", "headers": {},
                   "properties": {"body_encoding": "base64"}})
    stage.redis.lpush(QUEUE, b"[" * 100_000)
    stage.redis.lpush(QUEUE, b"x" * (5 << 20))
    await_until(lambda: stage.redis.llen(QUEUE + ".dead") == 5, "five dead letters")
    await_until(lambda: stage.unacknowledged() == 0, "nothing left unacknowledged")
    assert stage.upload("after the dead").get(timeout=PATIENCE)


def monitors(stage: Stage) -> None:
    stage.upload("for the monitors").get(timeout=PATIENCE)
    inspect = stage.app.control.inspect(timeout=1)
    pong = inspect.ping()
    assert len(pong) == 1 and list(pong.values()) == [{"ok": "pong"}], pong
    name = next(iter(pong))
    assert [queue["name"] for queue in inspect.active_queues()[name]] == [QUEUE]
    assert set(inspect.registered()[name]) == {"tasks.auto_upload", "tasks.ai_process"}
    stats = inspect.stats()[name]
    assert stats["total"]["tasks.auto_upload"] > 0 and stats["pool"]["max-concurrency"] == 10, stats
    assert inspect.active()[name] == [] and inspect.reserved()[name] == []
    assert "error" in stage.app.control.broadcast("pool_grow", reply=True, timeout=1)[0][name]
    assert stage.app.control.inspect(destination=["nobody@nowhere"], timeout=1).ping() is None
    assert stage.redis.sismember(f"_kombu.binding.{QUEUE}", f"{QUEUE}\x06\x16\x06\x16{QUEUE}")
    printed = stage.command_line("status")
    assert name in printed and "1 node online" in printed, printed
    printed = stage.command_line("inspect", "ping")
    assert "pong" in printed and name in printed, printed


def a_queue_that_grows(stage: Stage) -> None:
    """All hands busy: what waits is in the list that KEDA's scaler reads, in our metric, and the busy ones in what monitors ask for."""
    handler = stage.pictures.server.RequestHandlerClass.func
    serve, over = handler.do_GET, threading.Event()

    def do_get(self) -> None:
        over.wait(PATIENCE)
        serve(self)

    handler.do_GET = do_get
    try:
        sent = [stage.upload(f"slow {number}", kwargs={"media": [f"{stage.pictures.url}/photo.jpg?{number}"]}) for number in range(15)]
        await_until(lambda: stage.redis.llen(QUEUE) == 5, "ten to be taken")
        await_until(lambda: f'celery_queue_length{{queue="{QUEUE}"}} 5' in stage.metrics(stage.worker), "the metric of what waits")
        inspect = stage.app.control.inspect(timeout=1)
        busy = {entry["id"] for entries in inspect.active().values() for entry in entries}
        assert len(busy) == 10 and busy < {each.id for each in sent}, busy
        one = next(iter(busy))
        assert one in stage.command_line("inspect", "active")
        assert [answer[one][0] for answer in inspect.query_task([one]).values()] == ["active"]
        assert "active" in stage.command_line("inspect", "query_task", one)
    finally:
        over.set()
        handler.do_GET = serve
    for each in sent:
        assert each.get(timeout=PATIENCE)["post_id"]
    await_until(lambda: f'celery_queue_length{{queue="{QUEUE}"}} 0' in stage.metrics(stage.worker), "nothing to wait any more")


def events(stage: Stage) -> None:
    """With Celery's own receiver and state, on which `celery events` and Flower are built."""
    seen: list[dict] = []
    state = stage.app.events.State()
    connection = stage.app.connection()

    def take(event: dict) -> None:
        state.event(event)
        seen.append(event)

    receiver = stage.app.events.Receiver(connection, handlers={"*": take})
    listener = threading.Thread(target=receiver.capture, kwargs={"limit": None, "timeout": None, "wakeup": False}, daemon=True)
    listener.start()
    await_until(lambda: any(event["type"] == "worker-heartbeat" for event in seen), "a heartbeat")
    good = stage.upload("watched")
    good.get(timeout=PATIENCE)
    bad = stage.app.send_task("tasks.auto_upload", kwargs={"text": "x", "accounts": ["nobody"]})
    bad.get(timeout=PATIENCE, propagate=False)

    def types(sent) -> list[str]:
        return [event["type"] for event in list(seen) if event.get("uuid") == sent.id]

    await_until(lambda: "task-succeeded" in types(good) and "task-failed" in types(bad), "the events of both")
    receiver.should_stop = True  # a heartbeat comes every other second, and then it looks
    listener.join(PATIENCE)
    assert {"task-sent", "task-received", "task-started", "task-succeeded"} <= set(types(good)), types(good)
    task = state.tasks[good.id]
    assert task.state == "SUCCESS" and task.name == "tasks.auto_upload" and task.runtime > 0, task.info()
    assert state.tasks[bad.id].state == "FAILURE" and "nobody" in state.tasks[bad.id].exception
    assert any(worker.alive for worker in state.workers.values()), state.workers


def killed_in_the_middle(stage: Stage) -> None:
    """kill -9 at once, again and again, while tasks flow: each post once, each result there."""
    sent = {f"survivor {number}": stage.upload(f"survivor {number}") for number in range(20)}
    for pause in (0.05, 0.15, 0.3):
        time.sleep(pause)  # how far it gets is chance, and that is the point
        stage.worker.kill()
        stage.worker.start()
    held = stage.upload("held by the dead", countdown=1)
    await_until(lambda: stage.redis.hlen("unacked") > 0, "the worker to hold it")
    stage.worker.kill()
    assert stage.redis.hlen("unacked") > 0
    stage.worker.start()
    sent["held by the dead"] = held
    for text, result in sent.items():
        assert result.get(timeout=PATIENCE)["post_id"], text
    await_until(lambda: stage.redis.llen(QUEUE) == 0 and stage.unacknowledged() == 0, "all deliveries")
    for text in sent:
        assert len(stage.posts(text)) == 1, (text, len(stage.posts(text)))
    await_until(lambda: all(stage.copies(text) for text in sent), "the network to receive them", 120)
    assert all(stage.copies(text) == 1 for text in sent)


def stopped_with_grace(stage: Stage) -> None:
    """What waits for its time goes back into the queue at once, and the queue's length says so."""
    sent = stage.upload("handed back", countdown=3)
    await_until(lambda: stage.redis.hlen("unacked") == 1, "the worker to hold it")
    stage.worker.process.terminate()
    assert stage.worker.process.wait(timeout=PATIENCE) == 0
    assert stage.redis.llen(QUEUE) == 1 and stage.unacknowledged() == 0
    stage.worker.start()
    assert sent.get(timeout=PATIENCE)["post_id"] and len(stage.posts("handed back")) == 1


def redis_away(stage: Stage) -> None:
    stage.redis_server.kill()
    time.sleep(0.2)
    stage.redis_server.start()
    await_until(lambda: stage.redis.ping(), "Redis")
    assert stage.upload("after the break").get(timeout=PATIENCE)["post_id"]


def other_queues_are_left_alone(stage: Stage) -> None:
    """Unacknowledged messages of other workers in the same Redis are theirs."""
    theirs = json.dumps([{"body": "", "headers": {}, "properties": {}}, "", "other"])
    stage.redis.hset("unacked", "theirs", theirs)
    stage.redis.zadd("unacked_index", {"theirs": 1})
    stage.upload("beside others").get(timeout=PATIENCE)
    ours = json.dumps([{"body": "", "headers": {"task": "x"}, "properties": {}, "content-type": "text/plain"}, "", QUEUE])
    stage.redis.hset("unacked", "ours", ours)
    stage.redis.zadd("unacked_index", {"ours": 1})
    await_until(lambda: not stage.redis.hexists("unacked", "ours"), "ours to be restored")
    assert stage.redis.hget("unacked", "theirs").decode() == theirs
    stage.redis.hdel("unacked", "theirs")
    stage.redis.zrem("unacked_index", "theirs")


CASES = [enqueue_and_get, positional_arguments_and_networks, a_time_for_the_post, media_by_address, caption, clear_errors,
         eta_and_countdown, expired, revoked, delivered_twice, priorities, retries_of_what_is_away, dead_letters, monitors,
         a_queue_that_grows, events, killed_in_the_middle, stopped_with_grace, other_queues_are_left_alone, redis_away]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    parser.add_argument("--binary", default=os.environ.get("SOCIALTREND_BINARY", str(ROOT / "build/release/socialtrend")))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    passed, failed = 0, 0
    with contextlib.ExitStack() as stack:
        stage = Stage(options.binary, stack)
        stage.worker.start()
        print(f"celery {celery.__version__}, kombu {kombu.__version__}", flush=True)
        for case in CASES:
            if options.names and case.__name__ not in options.names:
                continue
            started = time.monotonic()
            try:
                case(stage)
                passed += 1
                print(f"ok      {case.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
            except Exception:  # each case says for itself what went wrong
                failed += 1
                print(f"FAILED  {case.__name__}\n{traceback.format_exc()}", flush=True)
        if failed:
            print(f"logs: {stage.folder}\n{stage.worker.log.read_text()[-3000:]}")
        else:
            stack.callback(shutil.rmtree, stage.folder, ignore_errors=True)
    if options.json:
        with open(options.json, "w") as report:
            json.dump({"passed": passed, "failed": failed}, report)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
