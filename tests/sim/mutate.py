#!/usr/bin/env python3
"""Shows that the simulator can fail: builds it with one deliberate fault at a time in the publishing code, and expects
that each is caught within the number of seeds that its file in tests/sim/mutations/ states, while the true program
keeps every promise in those very seeds.

usage: mutate.py --build DIR [--json FILE] [NAME...]

Nothing of the production code knows of it: a changed copy of one source file is compiled in the build directory and
linked in front of the libraries.
"""
import argparse
import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).absolute().parent.parent.parent
MUTATIONS = ROOT / "tests/sim/mutations"
PATTERN = re.compile(r"file: (?P<file>\S+)\nwithin: (?P<within>\d+) seeds\nwhy: (?P<why>.+?)\n--- old\n(?P<old>.*?)"
                     r"\n\+\+\+ new\n(?P<new>.*)\Z", re.S)


class Mutation:
    def __init__(self, path: pathlib.Path) -> None:
        match = PATTERN.match(path.read_text())
        if not match:
            raise SystemExit(f"{path}: not written as docs/simulator.md says")
        self.name = path.stem
        self.file = match["file"]
        self.within = int(match["within"])
        self.old, self.new = match["old"], match["new"].rstrip("\n")

    def mutated(self) -> str:
        text = (ROOT / self.file).read_text()
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"the old text stands {count} times in {self.file}: write the mutation anew")
        return text.replace(self.old, self.new)


class Workshop:
    """Compiles and links as the build does, with one object more."""

    def __init__(self, build: pathlib.Path) -> None:
        self.build = build
        commands = json.loads((build / "compile_commands.json").read_text())
        self.compile = {str(pathlib.Path(each["file"]).relative_to(ROOT)): shlex.split(each["command"])
                        for each in commands if pathlib.Path(each["file"]).is_relative_to(ROOT)}
        lines = subprocess.run(["ninja", "-t", "commands", "socialtrend_sim"], cwd=build, check=True, text=True,
                               stdout=subprocess.PIPE).stdout.splitlines()
        link = lines[-1].removeprefix(": && ").removesuffix(" && :")
        self.link = shlex.split(link)

    def make(self, mutation: Mutation) -> pathlib.Path:
        folder = self.build / "mutants" / mutation.name
        folder.mkdir(parents=True, exist_ok=True)
        source, made, program = folder / pathlib.Path(mutation.file).name, folder / "mutant.o", folder / "sim"
        source.write_text(mutation.mutated())
        self.run([str(source) if self.is_source(each, mutation) else each
                  for each in self.with_output(self.compile[mutation.file], made)])
        command = self.with_output(self.link, program)
        first = next(index for index, each in enumerate(command) if each.endswith(".o"))
        self.run([*command[:first], str(made), *command[first:]])
        return program

    def is_source(self, argument: str, mutation: Mutation) -> bool:
        return argument == str(ROOT / mutation.file)

    def with_output(self, command: list[str], output: pathlib.Path) -> list[str]:
        # Dependencies are not tracked, and the object is small enough without debugging information.
        dropped = {"-MD": 1, "-MT": 2, "-MF": 2, "-g1": 1, "-g": 1}
        kept, index = [], 0
        while index < len(command):
            skip = dropped.get(command[index], 0)
            if skip:
                index += skip
            elif command[index] == "-o":
                kept += ["-o", str(output)]
                index += 2
            else:
                kept.append(command[index])
                index += 1
        return kept

    def run(self, command: list[str]) -> None:
        done = subprocess.run(command, cwd=self.build, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise ValueError(f"it does not compile:\n{done.stdout[-3000:]}")


def simulate(program: pathlib.Path, seeds: int) -> tuple[bool, str]:
    """Whether every promise was kept, and the last word."""
    done = subprocess.run([str(program), "--seeds", str(seeds), "--quiet"], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900)
    for line in done.stdout.splitlines():
        if line.startswith(("FAILED: ", "seed ")):
            return False, line.removeprefix("FAILED: ")
    return done.returncode == 0, done.stdout.strip()[-300:]


def judge(workshop: Workshop, mutation: Mutation) -> tuple[bool, str]:
    try:
        kept, word = simulate(workshop.make(mutation), mutation.within)
    except ValueError as error:
        return False, str(error)
    return (False, f"NOT CAUGHT within {mutation.within} seeds") if kept else (True, f"caught by {word}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--json")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    mutations = [Mutation(path) for path in sorted(MUTATIONS.glob("*.mutation"))]
    chosen = [each for each in mutations if not options.names or each.name in options.names]
    if not chosen:
        raise SystemExit("no such mutation; there are: " + ", ".join(each.name for each in mutations))
    workshop = Workshop((ROOT / options.build).resolve())
    passed = failed = 0
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        kept = pool.submit(simulate, workshop.build / "socialtrend_sim", max(each.within for each in chosen))
        for mutation, (good, word) in zip(chosen, pool.map(lambda each: judge(workshop, each), chosen)):
            passed, failed = passed + good, failed + (not good)
            print(f"{mutation.name:32} {word}", flush=True)
        good, word = kept.result()
    passed, failed = passed + good, failed + (not good)
    print(f"{'(no mutation)':32} {word}")
    print(f"{passed} as expected, {failed} not, in {time.monotonic() - started:.0f} s")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"passed": passed, "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
