"""The commands of a page of the manual, typed as they stand there."""
import os
import pathlib
import re
import subprocess

import stage

# What this machine has none of: it says what a person would see, and takes everything.
STANDING_IN = {"docker": 'case "$*" in *--password-stdin*) cat >/dev/null ;; esac', "socialtrend": "echo key1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}


def block(page: str, until: str) -> str:
    """The page's first block of commands, up to the line that begins with `until`."""
    text = (stage.ROOT / "docs/operating" / page).read_text()
    commands = re.search(r"```bash\n(.*?)```", text, re.DOTALL)[1]
    return commands[:commands.index("\n" + until) + 1]


def line(page: str, begins: str) -> str:
    """The page's command that begins so."""
    text = (stage.ROOT / "docs/operating" / page).read_text()
    return next(one for one in text.splitlines() if one.startswith(begins))


def type_in(commands: str, folder: pathlib.Path, environment: dict[str, str]) -> tuple[int, str]:
    """Stops at the first that fails; its exit code and all that was printed."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name, does in STANDING_IN.items():
        (tools / name).write_text(f"#!/bin/sh\n{does}\n")
        (tools / name).chmod(0o755)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, env={**os.environ, **environment, "PATH": f"{tools}:{os.environ['PATH']}"})
    return done.returncode, done.stdout.decode(errors="replace")
