#!/usr/bin/env python3
"""Publishing under fire, counted at the receivers.

Real PostgreSQL (fsync on), PgBouncer in transaction mode, Redis, a backend and three workers of the release binary; a real
Bluesky server, a real Nostr relay and the strict doubles of `socialtrend rehearse`. Targets fall due while workers are killed
(kill -9) or frozen beyond their lease, databases and proxies are killed, and networks drop answers, are slow, or say 429 and
5xx before and after they have accepted. In the end each text must be at its receiver exactly once; only what a person was
asked about, and said so, may be there again on a network that nobody can ask.

usage: ./dev chaos [--targets N] [--seconds S] [--seed S] [--keep] [--sabotage]     exit 1 when the count is wrong
"""
import argparse
import collections
import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import random
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "tools")]

from api import Api, Refused
from cast import Cast
from count import Target, Verdict, judge, table
from faults import Dice
from havoc import Havoc
from plan import Draft, drafts, png
from receivers import Bluesky, Nostr, Receiver, doubles
from servers import ROOT, NodeServer

FAULT_RATE = 0.1
DOUBLES = ["mastodon", "gotosocial", "wordpress", "webhook_with_keys", "webhook_blind", "telegram", "discord", "slack", "x", "threads",
           "instagram"]
CLASSES = {"safe_by_key": "A", "safe_by_lookup": "B", "blind": "C"}
SETTLE_MAX = 300  # seconds; a look-up waits a minute, a circuit breaker some
UNSETTLED = {"draft", "awaiting_approval", "scheduled", "claimed", "sending", "unknown", "paused"}


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def read_time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Chaos:
    def __init__(self, options: argparse.Namespace, stack: contextlib.ExitStack) -> None:
        self.options = options
        self.dice = Dice(options.seed)
        self.cast = Cast(options.binary, options.workers, stack)
        self.receivers: list[Receiver] = [
            Bluesky(stack.enter_context(NodeServer("bluesky")).address, self.dice),
            Nostr(stack.enter_context(NodeServer("nostr")).address, self.dice)]
        self.doubles = [double for double in doubles(self.cast.rehearsal.start()) if double.name in DOUBLES]
        self.receivers += self.doubles
        self.havoc = Havoc(self.cast, options.seed)
        self.api = Api(self.cast.backend.start())
        for worker in self.cast.workers:
            worker.start()
        self.targets: list[Target] = []
        self.refusal = ""

    def connect(self) -> None:
        for receiver in self.receivers:
            receiver.account = self.api.call("POST", "/api/accounts",
                                             {"network": receiver.network, "settings": receiver.settings()})

    def let_things_go_wrong(self, rate: float) -> None:
        self.dice.rate = rate
        for number, double in enumerate(self.doubles):
            double.plan(f"rate={rate},seed={self.options.seed + number}" if rate else "")

    # ---- before and while

    def write(self, post: Draft, image: str) -> None:
        try:
            self.api.call("POST", "/api/posts", post.body(image))
        except Refused as refusal:  # found missing afterwards
            self.refusal = str(refusal)

    def written(self) -> set[int]:
        return {draft_of(post) for post in self.api.posts()}

    def schedule(self, posts: list[Draft]) -> None:
        """A backend that dies in the middle of a request cannot say whether it did it: looked up, and written then."""
        image = self.api.call("POST", "/api/media?alt_text=A+pattern", png(), "application/octet-stream")["id"]
        for _ in range(6):
            there = self.written()
            missing = [post for post in posts if post.item not in there]
            if not missing:
                return
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda post: self.write(post, image), missing))
        raise RuntimeError(f"{len(missing)} posts could not be written, one of them: {self.refusal}")

    # ---- afterwards

    def read_targets(self) -> None:
        """The table of the program, with what happened to each target that a person was asked about."""
        before = {target.id: target for target in self.targets}
        by_account = {receiver.account["id"]: receiver for receiver in self.receivers}
        self.targets = []
        for post in self.api.posts():
            for row in post["targets"]:
                old = before.get(row["id"])
                receiver = by_account[row["account_id"]]
                whole = sum(other["account_id"] == row["account_id"] for other in post["targets"]) == 1
                parts = range(len(post["parts"]) if receiver.shows_threads else 1) if whole else [row["part"]]
                self.targets.append(Target(
                    id=row["id"], post_id=post["id"], receiver=receiver.name, network=receiver.network,
                    retry=CLASSES[receiver.account["retry_class"]], pieces=[(receiver.name, draft_of(post), part) for part in parts],
                    due=read_time(row["due_at"]), state=row["state"],
                    published_at=read_time(row["published_at"]) if row["published_at"] else None,
                    asked=old.asked if old else 0, sent_again=old.sent_again if old else 0))

    def received(self) -> collections.Counter:
        return sum((receiver.received() for receiver in self.receivers), collections.Counter())

    def decide(self, waiting: list[Target]) -> None:
        """As a person would: look there, then say what is so."""
        there = self.received()
        for target in waiting:
            out = all(there[piece] > 0 for piece in target.pieces)
            decision = "it_was_published" if out else "send_again"
            self.api.call("POST", f"/api/posts/{target.post_id}/targets/{target.id}/decide", {"decision": decision})
            target.asked += 1
            target.sent_again += decision == "send_again"

    def settle(self) -> None:
        give_up = time.monotonic() + SETTLE_MAX
        told_at = 0.0
        while True:
            self.read_targets()
            moving = [target for target in self.targets if target.state in UNSETTLED]
            waiting = [target for target in self.targets if target.state == "needs_decision"]
            if waiting:
                self.decide(waiting)
            elif not moving or time.monotonic() > give_up:
                return
            if time.monotonic() - told_at > 10:
                told_at = time.monotonic()
                states = collections.Counter(f"{target.state} on {target.receiver}" for target in moving + waiting)
                say("  " + ", ".join(f"{count} {state}" for state, count in sorted(states.items())))
            time.sleep(1)

    def check_decisions(self) -> None:
        """What the program wrote down about decisions is what was decided: none was taken by itself."""
        for target in self.targets:
            if target.retry != "C" and not target.asked:
                continue
            story = self.story_of(target)
            told = sum(entry["event"] == "decided" for entry in story)
            if told != target.asked:
                self.havoc.failures.append(f"{target.id}: {target.asked} decisions were taken, its timeline has {told}")

    def story_of(self, target: Target) -> list[dict]:
        entries = self.api.call("GET", f"/api/posts/{target.post_id}/timeline")["items"]
        return [entry for entry in entries if entry["target_id"] == target.id]

    def run(self) -> list[Verdict]:
        options = self.options
        self.connect()
        # Written at some hundred posts a second, the last while things fall over already.
        lead = 5 + options.targets / 150
        posts = drafts(options.seed, options.targets, self.receivers, now() + datetime.timedelta(seconds=lead), options.seconds)
        say(f"Writing {len(posts)} posts, {sum(len(post.receivers) for post in posts)} targets; the first is due in {lead:.0f} s")
        late = len(posts) // 10
        self.schedule(posts[late:])
        self.let_things_go_wrong(FAULT_RATE)
        say(f"Havoc for {options.seconds + lead / 2:.0f} s")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            writing = pool.submit(self.schedule, posts)
            self.havoc.run(options.seconds + lead / 2)
            writing.result()
        say("Calm; waiting until everything is settled")
        self.let_things_go_wrong(0)
        self.settle()
        if options.sabotage:
            self.receivers[0].sabotage()
        self.check_decisions()
        return judge(self.targets, self.received())


def draft_of(post: dict) -> int:
    text = post["parts"][0]["text"]
    return int(text.rsplit("item ", 1)[1].split(".")[0])


def describe(verdict: Verdict, chaos: Chaos) -> str:
    lines = [f"{verdict.kind.upper()}: {verdict.copies} copies of {verdict.piece}"]
    if verdict.target:
        lines[0] += f", target {verdict.target.id}, {verdict.target.state}, due {verdict.target.due}"
        lines += [f"    {entry['at']}  {entry['event']:<12} {entry['actor']}: {entry['message']} {json.dumps(entry['details'])}"
                  for entry in chaos.story_of(verdict.target)]
    return "\n".join(lines)


def report(chaos: Chaos, verdicts: list[Verdict]) -> bool:
    options = chaos.options
    print("What was done to it:")
    print("\n".join("  " + line for line in chaos.havoc.story))
    print("  faults before the real servers: "
          + (", ".join(f"{kind} {count}" for kind, count in sorted(chaos.dice.thrown.items())) or "none"))
    print()
    print(table(chaos.targets, verdicts))
    problems = [describe(verdict, chaos) for verdict in verdicts[:50]] + chaos.havoc.failures
    good = not problems
    if not good:
        story = chaos.cast.logs / "stories.txt"
        story.write_text("\n\n".join(problems) + "\n")
        print("\n" + "\n\n".join(problems[:10]))
        print(f"\nSeed {options.seed}; logs and stories are in {chaos.cast.logs}")
    print(f"\n{'Each exactly once' if good else 'WRONG'}: {len(chaos.targets)} targets, seed {options.seed}")
    if options.json:
        kinds = collections.Counter(verdict.kind for verdict in verdicts)
        checks = {"not lost": kinds["lost"] == 0, "not doubled": kinds["doubled"] == 0, "told": kinds["untold"] == 0,
                  "no strays": kinds["stray"] == 0, "no other failures": not chaos.havoc.failures}
        options.json.write_text(json.dumps({"passed": sum(checks.values()), "failed": len(checks) - sum(checks.values())}))
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=120, help="how long things fall due, and over")
    parser.add_argument("--minutes", type=float, help="the same in minutes")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--binary", default=os.environ.get("SOCIALTREND_BINARY", str(ROOT / "build/release/socialtrend")))
    parser.add_argument("--json", type=pathlib.Path, help="a report for tools/run_tests.py")
    parser.add_argument("--keep", action="store_true", help="leave the logs behind")
    parser.add_argument("--sabotage", action="store_true", help="double a post behind the program's back: must end with exit 1")
    options = parser.parse_args()
    if options.minutes:
        options.seconds = options.minutes * 60
    with contextlib.ExitStack() as stack:
        say(f"Chaos, seed {options.seed}: starting servers and processes")
        chaos = Chaos(options, stack)
        good = report(chaos, chaos.run())
    if good and not options.keep:
        shutil.rmtree(chaos.cast.logs, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
