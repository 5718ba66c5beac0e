"""PostgreSQL and Redis of the benchmark's own, with what Debian's packages have as defaults: durable, on a random port, in a
temporary folder, ended afterwards."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    def __init__(self) -> None:
        folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        if not folders:
            raise FileNotFoundError("PostgreSQL is not installed (apt-get install postgresql)")
        self.bin = folders[-1]
        self.folder = tempfile.mkdtemp(prefix="bench-postgres-")
        # The server refuses to run as root.
        self.user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.port = free_port()
        data = f"{self.folder}/data"
        self.run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        self.server = self.start("postgres", "-D", data, "-p", str(self.port), "-k", self.folder, "-c", "listen_addresses=127.0.0.1")
        deadline = time.monotonic() + 30
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            if time.monotonic() > deadline or self.server.poll() is not None:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)
        self.version = self.ask("SHOW server_version").split()[0]

    def options(self) -> dict:
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run([self.bin / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.options())

    def start(self, program: str, *arguments: str) -> subprocess.Popen:
        with open(f"{self.folder}/log", "wb") as log:
            return subprocess.Popen([self.bin / program, *arguments], stdout=log, stderr=log, cwd=self.folder, **self.options())

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def ask(self, sql: str) -> str:
        done = subprocess.run([self.bin / "psql", "-qAtX", "-d", self.url(), "-c", sql], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def fresh(self) -> str:
        self.ask("DROP DATABASE IF EXISTS bench WITH (FORCE)")
        self.ask("CREATE DATABASE bench")
        self.ask("CHECKPOINT")
        return self.url("bench")

    def stop(self) -> None:
        self.server.terminate()
        try:
            self.server.wait(30)
        except subprocess.TimeoutExpired:
            self.server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if not program:
            raise FileNotFoundError("Redis is not installed (apt-get install redis-server)")
        self.version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split("v=")[1].split()[0]
        self.folder = tempfile.mkdtemp(prefix="bench-redis-")
        self.port = free_port()
        self.server = subprocess.Popen([program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder],
                                       stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        self.server.terminate()
        self.server.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
