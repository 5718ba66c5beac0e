"""Counting of checks, and of what could not be checked, with the report that tools/run_tests.py reads."""
import json
import pathlib
import time


class Checks:
    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0

    def expect(self, good: bool, what: str) -> None:
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}", flush=True)

    def skip(self, what: str) -> None:
        self.skipped += 1
        print(f"SKIPPED {what}", flush=True)

    def finish(self, report: str | None) -> int:
        if report:
            pathlib.Path(report).write_text(json.dumps(
                {"passed": self.passed, "failed": self.failed, "skipped": self.skipped}))
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


def wait_until(condition, seconds: float = 20):
    """What `condition` answers once it is true; its last answer when time is up."""
    give_up = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() > give_up:
            return answer
        time.sleep(0.05)
