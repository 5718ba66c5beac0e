#!/usr/bin/env python3
"""A marketer's day with a Mastodon-API server of other people (server.py): everything goes out exactly once, and the program says in
plain words what happened and what to do.

usage: check.py [--json FILE] [--binary FILE] [NAME...]

The real binary in one process, driven over its REST API and its command line.
"""
import argparse
import contextlib
import datetime
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path += [str(ROOT / "tools"), str(ROOT / "tests/chaos")]

from api import OWNER, Api  # noqa: E402
from cast import Program  # noqa: E402
from server import TOKEN, Fediverse  # noqa: E402
from servers import free_port  # noqa: E402

PATIENCE = 180  # seconds: a look-up is believed after a minute
LEASE_AND_MORE = 22  # seconds
MACHINERY = re.compile(r"\b(worker|lease|fence|claim(ed)?|transaction|null|exception)\b", re.I)


def await_until(ask, what: str, patience: float = PATIENCE):
    give_up = time.monotonic() + patience
    while not (answer := ask()):
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {patience} s for {what}")
        time.sleep(0.1)
    return answer


class Receiver(http.server.ThreadingHTTPServer):
    """Takes webhooks, and cannot be asked about any."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.bodies: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


def compiled(source: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    library = folder / (source.stem + ".so")
    compiler = shutil.which("cc") or shutil.which("clang-19")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source], check=True, timeout=60)
    return library


class Stage:
    def __init__(self, binary: str, stack: contextlib.ExitStack) -> None:
        self.binary = binary
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="socialtrend-fediverse-"))
        self.server = stack.enter_context(Fediverse())
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "DATA_DIR": str(self.folder / "data"),
                            "BIND": "127.0.0.1", "LOG_FORMAT": "json", "TREND_SOURCES": "none", "PORT": str(free_port())}
        self.receiver = stack.enter_context(Receiver())
        self.stop_flag = self.folder / "stop"
        self.environment |= {"LD_PRELOAD": str(compiled(HERE / "stop_at_send.c", self.folder)), "STOP_AT": "POST /hook",
                             "STOP_FLAG": str(self.stop_flag)}
        self.program = Program(binary, "all-in-one", ["all-in-one"], self.environment, self.folder)
        stack.callback(self.program.kill)
        self.url = self.program.start()
        self.api = Api(self.url)
        settings = {"server": self.server.url, "access_token": TOKEN}
        self.account = self.api.call("POST", "/api/accounts", {"network": "mastodon", "settings": settings})

    def write(self, text: str, when: dict | None = None, media: list[str] = ()) -> str:
        return self.written(text, when, media)["id"]

    def written(self, text: str, when: dict | None = None, media: list[str] = (), account: str = "") -> dict:
        body = {"parts": [{"text": text, "media": list(media)}], "variants": [{"account_id": account or self.account["id"]}],
                "when": when or {"type": "now"}}
        return self.api.call("POST", "/api/posts", body)

    def post(self, post: str) -> dict:
        return self.api.call("GET", f"/api/posts/{post}")

    def await_published(self, post: str) -> None:
        last = {}

        def published() -> bool:
            last.update(self.post(post))
            assert last["state"] not in ("failed", "needs_decision"), last["targets"]
            return last["state"] == "published"

        await_until(published, f"{post} to be published")

    def story(self, post: str) -> list[dict]:
        return self.api.call("GET", f"/api/posts/{post}/timeline")["items"]

    def told(self, post: str) -> str:
        """Everything that the page tells of it; no word of the machinery."""
        words = " ".join(entry["message"] for entry in self.story(post))
        words += " " + " ".join(target["state_reason"] for target in self.post(post)["targets"])
        assert not MACHINERY.search(words), words
        return words

    def command(self, *arguments: str) -> dict:
        environment = {**self.environment, "SOCIALTREND_URL": self.url, "SOCIALTREND_TOKEN": self.api.token}
        done = subprocess.run([self.binary, *arguments, "--json"], env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)


def what_it_says_of_itself_is_kept_to(stage: Stage) -> None:
    assert stage.account["handle"].startswith("@ada@"), stage.account
    assert stage.account["limits"]["text_max"] == 1000, stage.account["limits"]


def a_plain_post(stage: Stage) -> None:
    post = stage.write("plain post one, with a link https://example.com/a/very/long/path?x=1 & signs <here>")
    stage.await_published(post)
    assert stage.server.copies("plain post one") == 1
    target = stage.post(post)["targets"][0]
    assert target["url"].startswith(stage.server.url + "/@ada/"), target
    stage.told(post)


def a_picture_that_takes_its_time(stage: Stage) -> None:
    picture = (ROOT / "tests/pictures/photo.jpg").read_bytes()
    media = stage.api.call("POST", "/api/media?alt_text=A+view", picture, "application/octet-stream")["id"]
    post = stage.write("picture post", media=[media])
    stage.await_published(post)
    assert stage.server.copies("picture post") == 1
    assert len(stage.server.pictures) == 1, "uploaded once"
    assert next(iter(stage.server.pictures.values()))["description"] == "A view"
    assert "still processing the media" in stage.told(post)


def answers_that_get_lost(stage: Stage) -> None:
    """Taken or not, it is looked up first, and each is there once."""
    posts = {}
    for fault in ["drop_answer", "html_502", "drop_request"]:
        text = f"lost by {fault.replace('_', ' ')}"
        stage.server.next_faults.append(fault)
        requests = stage.server.requests
        posts[text] = stage.write(text)
        await_until(lambda: stage.server.requests > requests and not stage.server.next_faults, "the post to be sent")
    for text, post in posts.items():
        stage.await_published(post)
        assert stage.server.copies(text) == 1, text
        told = stage.told(post)
        assert "It is being looked up before anything is sent again" in told, told
    assert "it is not on Mastodon. It is sent again, unchanged" in stage.told(posts["lost by drop request"])


def the_same_words_twice(stage: Stage) -> None:
    """Both answers are lost: two posts are there, and each of ours is one of them."""
    stage.server.next_faults += ["drop_answer", "drop_answer"]
    posts = [stage.write("the very same words") for _ in range(2)]
    for post in posts:
        stage.await_published(post)
    assert stage.server.copies("the very same words") == 2
    assert len({stage.post(post)["targets"][0]["url"] for post in posts}) == 2


def too_many_requests(stage: Stage) -> None:
    stage.server.next_faults.append("too_many")
    post = stage.write("patience please")
    stage.await_published(post)
    assert stage.server.copies("patience please") == 1
    assert "Next try in" in stage.told(post)


def stopped_past_its_lease(stage: Stage) -> None:
    """SIGSTOP while the server has taken the post and not answered; and once more before anything was sent."""
    stage.server.taken.clear()
    stage.server.next_faults.append("slow")
    post = stage.write("frozen in the middle")
    assert stage.server.taken.wait(30)
    stage.program.freeze()
    time.sleep(LEASE_AND_MORE)
    stage.server.let_go.set()
    stage.program.thaw()
    stage.await_published(post)
    assert stage.server.copies("frozen in the middle") == 1
    stage.told(post)
    due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=7)
    soon = stage.write("frozen before it", {"type": "at", "at": due.isoformat()})
    await_until(lambda: any(entry["event"] == "attempt" for entry in stage.story(soon)), "it to be made ready")
    stage.program.freeze()
    time.sleep(LEASE_AND_MORE)
    assert stage.server.copies("frozen before it") == 0
    stage.program.thaw()
    stage.await_published(soon)
    assert stage.server.copies("frozen before it") == 1
    stage.told(soon)


def stopped_between_the_last_look_and_the_first_byte(stage: Stage) -> None:
    """Where nobody can look, nothing may go out any more once a person is asked; and what was never sent is never doubled."""
    hook = f"http://127.0.0.1:{stage.receiver.server_address[1]}/hook"
    account = stage.api.call("POST", "/api/accounts", {"network": "webhook", "settings": {"url": hook}})["id"]
    stage.stop_flag.touch()
    post = stage.written("frozen at the door", account=account)["id"]
    await_until(stage.program.has_stopped, "the program to stop at its first byte", 30)
    time.sleep(LEASE_AND_MORE)
    stage.program.thaw()
    await_until(lambda: stage.post(post)["state"] == "needs_decision", "the question")
    assert not any("frozen at the door" in body for body in stage.receiver.bodies), stage.receiver.bodies
    assert "It is not sent again by itself" in stage.told(post)
    stage.api.call("POST", f"/api/posts/{post}/targets/{stage.post(post)['targets'][0]['id']}/decide", {"decision": "send_again"})
    stage.await_published(post)
    assert sum("frozen at the door" in body for body in stage.receiver.bodies) == 1


def the_night_of_a_clock_change(stage: Stage) -> None:
    """02:30 in Berlin: does not exist in March (an hour later then), is there twice in October (once, the first time)."""
    year = datetime.date.today().year + 1

    def last_sunday(month: int) -> str:
        day = datetime.date(year, month, 31)
        return str(day - datetime.timedelta(days=(day.weekday() + 1) % 7))

    for day, utc in [(last_sunday(3), "01:30:00"), (last_sunday(10), "00:30:00")]:
        local = f"{day}T02:30"
        wanted = datetime.datetime.fromisoformat(f"{day}T{utc}+00:00")
        made = stage.written(f"by night of {day}", {"type": "at", "local": local, "time_zone": "Europe/Berlin"})
        by_hand = stage.command("post", "create", f"typed by night of {day}", "--account", stage.account["id"], "--local", local,
                                "--zone", "Europe/Berlin")
        for post in (made, by_hand):
            assert any("the clock goes" in warning["message"] for warning in post["warnings"]), post["warnings"]
            assert datetime.datetime.fromisoformat(post["due_at"].replace("Z", "+00:00")) == wanted, (local, post["due_at"])


CASES = [what_it_says_of_itself_is_kept_to, a_plain_post, a_picture_that_takes_its_time, answers_that_get_lost, the_same_words_twice,
         too_many_requests, stopped_past_its_lease, stopped_between_the_last_look_and_the_first_byte, the_night_of_a_clock_change]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("SOCIALTREND_BINARY", str(ROOT / "build/release/socialtrend")))
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    passed = failed = 0
    with contextlib.ExitStack() as stack:
        stage = Stage(options.binary, stack)
        for case in CASES:
            if options.names and case.__name__ not in options.names:
                continue
            started = time.monotonic()
            try:
                case(stage)
                passed += 1
                print(f"ok   {case.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL {case.__name__}\n{traceback.format_exc()}", flush=True)
        if failed:
            print(f"logs are in {stage.folder}")
    if options.json:
        options.json.write_text(json.dumps({"passed": passed, "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
