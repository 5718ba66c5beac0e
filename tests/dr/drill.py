#!/usr/bin/env python3
"""The disaster drill: a primary with a streaming replica and an archive is killed under load, and restored to an instant. Posts fall
due all the while.

usage: drill.py [--json REPORT]      SOCIALTREND_BINARY names the binary (build/release/socialtrend)

Measures what is lost and how long it takes, and fails when an acknowledged row is missing that must be there, when a replica
takes writes, when a post is received twice, or when the program does not find the new primary by itself. Own servers on random ports of loopback; under
three minutes. Needs Debian's postgresql and pgbackrest (tools/setup dr); without pgbackrest the restore is skipped and said.
"""
import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / folder) for folder in ("observability", "chaos", "swarm", "stopping")]
from api import Api
from callers import Callers
from checks import Checks, wait_until
from program import Program, binary
from receiver import Receiver
from standing import Archive, Ledger, Primary, Replica, Restored


def promote_under_load(checks: Checks, primary: Primary, replica: Replica, measured: dict) -> None:
    with Ledger(primary, "load") as ledger:
        checks.expect(bool(wait_until(lambda: len(ledger.acknowledged) >= 500)), "the primary takes writes")
        primary.kill()
        died = time.monotonic()
    replica.promote()
    first = wait_until(lambda: replica.tries("INSERT INTO ledger (who, n) VALUES ('after', 0)"))
    measured["promotion_seconds"] = round(time.monotonic() - died, 2)
    checks.expect(bool(first), "the promoted replica takes writes")
    there = {int(n) for n in replica.ask("SELECT n FROM ledger WHERE who = 'load'").split()}
    lost = set(ledger.acknowledged) - there
    measured["acknowledged_rows"], measured["lost_rows"] = len(ledger.acknowledged), len(lost)
    # Streaming is asynchronous: at most what was on its way. Gaps in the middle would be another thing.
    checks.expect(len(lost) <= 50, f"{len(lost)} acknowledged rows are lost")
    checks.expect(not lost or min(lost) > max(there), "only the last rows can be missing")


class Posts:
    """Some posts a second through the program, due a second later, whatever becomes of its database."""

    def __init__(self, program: Program) -> None:
        self.receiver = Receiver("127.0.0.1")
        api = Api(program.url)
        account = api.call("POST", "/api/accounts", {"network": "webhook", "settings": {"url": self.receiver.url, "deduplicates": "yes"}})
        token = api.call("POST", "/api/tokens", {"name": "drill"})["token"]
        self.callers = Callers(program.port, ["/api/posts?limit=5"], 4, 0.05, token, account["id"])

    def __enter__(self) -> "Posts":
        self.callers.start()
        wait_until(lambda: sum(self.callers.posts.values()) >= 20)
        return self

    def __exit__(self, *_: object) -> None:
        self.callers.leave()

    def count(self, checks: Checks, measured: dict) -> None:
        taken = [text for text, good in self.callers.posts.items() if good]
        wait_until(lambda: all(self.receiver.copies[text] for text in taken), 40)
        time.sleep(2)  # for a second copy
        copies = collections.Counter(self.receiver.copies[text] for text in self.callers.posts)
        missing = [text for text in taken if not self.receiver.copies[text]]
        measured["posts_taken"], measured["posts_lost"] = len(taken), len(missing)
        measured["requests_answered_503"] = sum(self.callers.counts.wrong.values())
        checks.expect(not any(count for number, count in copies.items() if number > 1), f"no post is received twice: {dict(copies)}")
        # Acknowledged by the dead primary in its last moment, and not yet streamed.
        checks.expect(len(missing) <= 3, f"{len(missing)} of {len(taken)} posts are lost")
        other = [what for what in self.callers.counts.wrong if ": 503 " not in what]
        checks.expect(not other, f"without a database every answer is 503: {other[:3]}")


def program_follows(checks: Checks, program: Program, measured: dict) -> None:
    started = time.monotonic()

    def ready() -> bool:
        try:
            return '"ok"' in program.get("/api/health/ready")
        except OSError:
            return False
    checks.expect(bool(wait_until(ready, 30)), f"the program finds the new primary by itself (see {program.folder}/log)")
    measured["program_ready_seconds_after_promotion"] = round(time.monotonic() - started, 2)


def restore_to_instant(checks: Checks, archive: Archive, instant: str, measured: dict) -> None:
    started = time.monotonic()
    with Restored(archive, instant) as restored:
        measured["restore_seconds"] = round(time.monotonic() - started, 2)
        checks.expect(restored.ask("SELECT count(*) FROM ledger WHERE who = 'good'") == "1", "what was before the instant is there")
        checks.expect(restored.tries("SELECT n FROM treasure"), "the table that was dropped by mistake is back")
        checks.expect(restored.ask("SELECT count(*) FROM ledger WHERE who = 'bad'") == "0", "what came after it is not")
        checks.expect(restored.tries("INSERT INTO ledger (who, n) VALUES ('restored', 0)"), "the restored one takes writes")


def drill(checks: Checks, measured: dict) -> None:
    archive = Archive() if shutil.which("pgbackrest") else None
    if archive is None:
        checks.skip("restoring to an instant: pgbackrest is not installed, run tools/setup dr")
    with Primary(archive) as primary:
        done = subprocess.run([binary(), "migrate", "--database-url", primary.url], capture_output=True, text=True)
        checks.expect(done.returncode == 0, f"socialtrend migrate: {done.stdout}{done.stderr}")
        primary.ask("CREATE TABLE ledger (who text, n bigint); CREATE TABLE treasure AS SELECT 1 AS n")
        if archive:
            started = time.monotonic()
            archive.back_up(primary)
            measured["full_backup_seconds"] = round(time.monotonic() - started, 2)
        with Replica(primary) as replica:
            checks.expect(not replica.tries("INSERT INTO ledger VALUES ('replica', 0)"), "a replica takes no writes")
            primary.ask("INSERT INTO ledger (who, n) VALUES ('good', 0)")
            instant = primary.ask("SELECT clock_timestamp()")
            time.sleep(0.05)  # the instant lies between two commits
            primary.ask("INSERT INTO ledger (who, n) VALUES ('bad', 0)")
            if archive:
                primary.ask("DROP TABLE treasure; SELECT pg_switch_wal()")
            both = f"postgres://postgres@127.0.0.1:{primary.port},127.0.0.1:{replica.port}/postgres?target_session_attrs=read-write"
            settings = {"DATABASE_URL": both, "APP_KEY": app_key(), "ALLOW_PRIVATE_NETWORKS": "127.0.0.1/32", "TREND_SOURCES": "none"}
            with Program(binary(), **settings) as program:
                checks.expect(bool(wait_until(lambda: program.get("/api/health"))), "the program runs on both addresses")
                checks.expect(bool(wait_until(lambda: "\ndb_replicas 1" in program.get("/metrics"))), "the program counts the replica")
                checks.expect(any(line.startswith("db_replica_lag_bytes ") and float(line.split()[1]) < 1e8
                                  for line in program.get("/metrics").splitlines()), "and measures how far it is behind")
                with Posts(program) as posts:
                    promote_under_load(checks, primary, replica, measured)
                    program_follows(checks, program, measured)
                    taken = sum(posts.callers.posts.values())
                    checks.expect(bool(wait_until(lambda: sum(posts.callers.posts.values()) >= taken + 20)), "posts are taken again")
                posts.count(checks, measured)
        if archive:
            restore_to_instant(checks, archive, instant, measured)
    if archive:
        archive.remove()


def app_key() -> str:
    return subprocess.run([binary(), "config", "--make-key"], capture_output=True, text=True, check=True).stdout.split()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json")
    options = parser.parse_args()
    checks, measured, started = Checks(), {}, time.monotonic()
    drill(checks, measured)
    measured["drill_seconds"] = round(time.monotonic() - started, 1)
    for name, value in measured.items():
        print(f"{name:40} {value}")
    code = checks.finish(options.json)
    if options.json:
        path = pathlib.Path(options.json)
        path.write_text(json.dumps({**json.loads(path.read_text()), "measured": measured}))
    return code


if __name__ == "__main__":
    sys.exit(main())
