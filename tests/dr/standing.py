"""PostgreSQL as it stands in production: a durable primary with an archive, a streaming replica, a copy restored to an instant."""
import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import threading

import program  # noqa: F401  (finds tools/)
from servers import PostgreSQL

STANZA = "socialtrend"


class Standing(PostgreSQL):
    """A PostgreSQL that can be asked; keeps its write-ahead log fit for replicas."""

    def __init__(self) -> None:
        super().__init__(durable=True)
        self.more: list[str] = ["wal_level=replica", "max_wal_senders=5", "hot_standby=on", "wal_log_hints=on"]

    def command(self) -> list[str]:
        return super().command() + [word for setting in self.more for word in ("-c", setting)]

    def psql(self, sql: str) -> subprocess.CompletedProcess:
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url, "-c", sql], capture_output=True,
                              text=True, timeout=60, stdin=subprocess.DEVNULL)

    def ask(self, sql: str) -> str:
        done = self.psql(sql)
        if done.returncode != 0:
            raise RuntimeError(f"{sql}: {done.stderr}")
        return done.stdout.strip()

    def tries(self, sql: str) -> bool:
        return self.psql(sql).returncode == 0

    def run(self, *words: str) -> None:
        """A program of PostgreSQL's own, as its user."""
        done = subprocess.run([*self.as_user, *words], capture_output=True, text=True, cwd="/", stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")


class Archive:
    """pgBackRest's repository and its configuration."""

    def __init__(self) -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="socialtrend-archive-"))
        shutil.chown(self.folder, "postgres", "postgres")
        self.config = self.folder / "pgbackrest.conf"

    def describe(self, server: PostgreSQL) -> None:
        self.config.write_text("\n".join([
            "[global]", f"repo1-path={self.folder}/repository", f"log-path={self.folder}", f"lock-path={self.folder}/lock",
            f"spool-path={self.folder}/spool", "compress-type=lz4", "start-fast=y", "archive-timeout=30", "repo1-retention-full=1",
            f"[{STANZA}]", f"pg1-path={server.data}", f"pg1-port={server.port}", f"pg1-socket-path={server.folder}",
            "pg1-user=postgres", ""]))
        shutil.chown(self.config, "postgres", "postgres")

    def words(self, verb: str, *more: str) -> list[str]:
        return ["pgbackrest", f"--config={self.config}", f"--stanza={STANZA}", *more, verb]

    def back_up(self, primary: Standing) -> None:
        primary.run(*self.words("stanza-create"))
        primary.run(*self.words("backup", "--type=full"))

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class Primary(Standing):
    name = "primary"

    def __init__(self, archive: Archive | None) -> None:
        super().__init__()
        if archive:
            archive.describe(self)
            self.more += ["archive_mode=on", f"archive_command=pgbackrest --config={archive.config} --stanza={STANZA} archive-push %p"]


class Replica(Standing):
    name = "replica"

    def __init__(self, primary: Primary) -> None:
        super().__init__()
        shutil.rmtree(self.data)
        self.run(str(self.programs / "pg_basebackup"), "-d", primary.url, "-D", str(self.data), "-R", "-X", "stream", "-C", "-S",
                 f"replica_{self.port}", "--checkpoint=fast")

    def promote(self) -> None:
        self.run(str(self.programs / "pg_ctl"), "promote", "-D", str(self.data), "-w")


class Restored(Standing):
    """The archive's copy as it was at an instant, open for writing."""

    name = "restored"

    def __init__(self, archive: Archive, instant: str) -> None:
        super().__init__()
        shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)
        if self.as_user:
            shutil.chown(self.data, "postgres", "postgres")
        archive.describe(self)
        self.run(*archive.words("restore", "--type=time", f"--target={instant}", "--target-action=promote"))

    def start(self) -> None:
        super().start()
        for _ in range(600):
            if self.ask("SELECT pg_is_in_recovery()") == "f":
                return
            threading.Event().wait(0.05)
        raise RuntimeError(f"the restored server stays in recovery (see {self.folder}/log)")


class Ledger:
    """Writes row after row over one connection and remembers which were acknowledged."""

    def __init__(self, server: Standing, who: str) -> None:
        self.acknowledged: list[int] = []
        self.who = who
        self.process = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", server.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, bufsize=1)
        self.thread = threading.Thread(target=self.write, daemon=True)

    def write(self) -> None:
        for n in range(1_000_000):
            try:
                self.process.stdin.write(f"INSERT INTO ledger (who, n) VALUES ('{self.who}', {n}) RETURNING n;\n")
                self.process.stdin.flush()
                line = self.process.stdout.readline().strip()
            except (OSError, ValueError):
                return
            if line != str(n):
                return  # the server is gone
            self.acknowledged.append(n)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.thread.join(timeout=10)
        self.process.kill()
        self.process.wait()
