"""What every benchmark answers with: named series of runs, and the machine that they were made on."""
import os
import pathlib
import platform
import re
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = ROOT / "build/release/socialtrend"


def machine() -> str:
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / 1024 / 1024
    return (f"{model[1] if model else 'unknown processor'}, {os.cpu_count()} cores, {memory:.0f} GB, Linux {platform.release()}, "
            f"load {os.getloadavg()[0]:.1f} at the end")


def series(name: str, unit: str, runs: list[float], **more) -> dict:
    return {"name": name, "unit": unit, "runs": runs, "value": statistics.median(runs), **more}


def line(result: dict) -> str:
    runs = result["runs"]
    return (f"{result['name']:58} {result['value']:14,.1f} {result['unit']:10} "
            f"({min(runs):,.1f} to {max(runs):,.1f}, {len(runs)} runs)")
