"""A pool of one connection, and a statement that does not end: who cannot be served hears 503 with Retry-After, and afterwards
everything is as before."""
import concurrent.futures
import json
import secrets
import shutil
import subprocess
import urllib.error
import urllib.request

from checks import Checks, wait_until
from program import Program
from servers import PostgreSQL

AT_ONCE = 48  # more than one connection takes in its pipeline


class Lock:
    """Another client that holds a table for itself."""

    def __init__(self, url: str, table: str) -> None:
        self.process = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n")
        self.process.stdin.flush()
        if self.process.stdout.readline().strip() != "held":
            raise RuntimeError("the table could not be locked")

    def release(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=10)


def answer(program: Program, path: str) -> tuple[int, dict[str, str]]:
    # Another token each time: of one that is known not to exist the database is not asked.
    request = urllib.request.Request(program.url + path, headers={"Authorization": f"Bearer st_{secrets.token_hex(16)}"})
    try:
        with urllib.request.urlopen(request, timeout=40) as done:
            return done.status, dict(done.headers)
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers)


def waiting(program: Program) -> float:
    lines = program.get("/metrics").splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("db_pool_waiting"))


def check(checks: Checks, binary: str) -> None:
    if shutil.which("psql") is None:
        checks.skip("a pool that is exhausted: PostgreSQL is not installed, run tools/setup test")
        return
    key = subprocess.run([binary, "config", "--make-key"], capture_output=True, text=True, check=True).stdout.split()[-1]
    with PostgreSQL() as server, Program(binary, DATABASE_URL=server.url, DATABASE_POOL_SIZE="1", APP_KEY=key) as program:
        checks.expect(answer(program, "/api/posts")[0] == 401, "a stranger is refused before")
        lock = Lock(server.url, "personal_tokens")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            answers = [pool.submit(answer, program, "/api/posts") for _ in range(AT_ONCE)]
            checks.expect(bool(wait_until(lambda: waiting(program) > 0)), "db_pool_waiting shows who waits")
            asked = subprocess.run([binary, "doctor", "--url", program.url, "--data-dir", str(program.folder), "--database-url",
                                    server.url, "--set", f"APP_KEY={key}"], capture_output=True, text=True, timeout=60)
            named = [line for line in asked.stdout.splitlines() if line.startswith("BAD") and "wait" in line]
            checks.expect(asked.returncode == 1 and bool(named), f"doctor names the exhausted pool: {asked.stdout}{asked.stderr}")
            refused = next(concurrent.futures.as_completed(answers, timeout=30)).result()
            checks.expect(refused[0] == 503, f"who waits too long hears 503, not {refused[0]}")
            checks.expect(int(refused[1].get("Retry-After", "0")) >= 1, "and when to come again")
            checks.expect(json.loads(program.get("/api/health/live"))["status"] == "ok", "liveness does not ask the database")
            lock.release()
            states = {each.result()[0] for each in answers}
        checks.expect(states <= {401, 503}, f"every request is answered, as {states}")
        checks.expect(bool(wait_until(lambda: answer(program, "/api/posts")[0] == 401, 10)), "it recovers by itself")
        checks.expect(bool(wait_until(lambda: waiting(program) == 0, 5)), "and nobody waits any more")
