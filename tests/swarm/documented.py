"""The commands of docs/operating/docker-swarm.md, typed as they stand there, so that the page stays true."""
import pathlib
import re
import subprocess

import images

PAGE = images.ROOT / "docs/operating/docker-swarm.md"


def block(part: str) -> str:
    """The only block of commands that has `part` in it."""
    found = [one for one in re.findall(r"^ *```bash\n(.*?)^ *```", PAGE.read_text(), re.S | re.M) if part in one]
    if len(found) != 1:
        raise RuntimeError(f"{len(found)} blocks of {PAGE.name} hold {part!r}")
    return found[0]


def type_in(commands: str, environment: dict[str, str], folder: pathlib.Path, replaced: dict[str, str]) -> str:
    """What a shell in `folder` answers to the commands; names of an example are `replaced`."""
    for old, new in replaced.items():
        if old not in commands:
            raise RuntimeError(f"{PAGE.name} does not say {old!r} any more")
        commands = commands.replace(old, new)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env=environment, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"{commands}\nended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return done.stdout
