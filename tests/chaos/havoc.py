"""What is killed when: by chance with a seed, each kind at least once if there is time for it."""
import contextlib
import random
import threading
import time

from cast import Cast, Program

# Longer than the lease of a worker and the skew that is allowed between clocks.
LEASE_AND_MORE = (21.0, 25.0)
START_PATIENCE = 60.0


class Havoc:
    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast = cast
        self.random = random.Random(seed)
        self.started = time.monotonic()
        self.story: list[str] = []
        self.failures: list[str] = []
        self.threads: list[threading.Thread] = []
        self.counts: dict[str, int] = {}

    def note(self, what: str) -> None:
        self.story.append(f"{time.monotonic() - self.started:6.1f} s  {what}")

    def run(self, seconds: float) -> None:
        """Until the time is up and everything runs again."""
        self.started = time.monotonic()
        end = self.started + seconds
        first = ["freeze worker", "kill worker", "kill postgres", "kill redis", "kill pgbouncer", "kill worker", "kill backend"]
        queue = [first[0], *self.random.sample(first[1:], len(first) - 1)]
        # Enough time between that the first round fits, with some calm at the end.
        gap = min(3.5, max(1.0, seconds / (len(queue) + 4)))
        while time.monotonic() + gap < end:
            time.sleep(self.random.uniform(0.5 * gap, 1.5 * gap))
            self.act(queue.pop(0) if queue else self.choose())
        for thread in self.threads:
            thread.join()

    def choose(self) -> str:
        kinds = {"kill worker": 6, "freeze worker": 1, "kill postgres": 2, "kill redis": 2, "kill pgbouncer": 2, "kill backend": 1}
        return self.random.choices(list(kinds), list(kinds.values()))[0]

    def act(self, what: str) -> None:
        verb, _, kind = what.partition(" ")
        things = self.cast.workers if kind == "worker" else [getattr(self.cast, kind)]
        free = [thing for thing in things if not self.cast.lock(thing).locked()]
        # One worker is always left alone, or nothing would be published while all lie still.
        if not free or (kind == "worker" and len(free) < 2):
            return
        thing = self.random.choice(free)
        away = self.random.uniform(*LEASE_AND_MORE) if verb == "freeze" else self.random.uniform(0.1, 2.5)
        lock = self.cast.lock(thing)
        lock.acquire()
        self.counts[what] = self.counts.get(what, 0) + 1
        thread = threading.Thread(target=self.away, args=(verb, thing, away, lock))
        self.threads.append(thread)
        thread.start()

    def away(self, verb: str, thing, seconds: float, lock: threading.Lock) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(lock.release)
            try:
                if verb == "freeze":
                    self.note(f"SIGSTOP {thing.name} for {seconds:.1f} s, then SIGCONT")
                    thing.freeze()
                    time.sleep(seconds)
                    thing.thaw()
                    return
                self.note(f"kill -9 {thing.name}, again after {seconds:.1f} s")
                thing.kill()
                time.sleep(seconds)
                if isinstance(thing, Program):
                    thing.start_again(START_PATIENCE)
                else:
                    thing.start()
            except Exception as error:  # of a thread: told at the end
                self.failures.append(f"{verb} {thing.name}: {error}")
