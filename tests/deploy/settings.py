"""Settings in deployment files: the program refuses to guess, so a name that it does not know would be left out in silence."""
import functools
import re

from findings import ROOT, Finding


@functools.cache
def known() -> set[str]:
    """Every name in capitals that the sources look up."""
    return {name for path in (ROOT / "src").rglob("*.cpp") if not path.name.endswith("_test.cpp")
            for name in re.findall(r'"([A-Z][A-Z0-9_]{2,})"', path.read_text())}


def check_names(place: str, names: list[str]) -> list[Finding]:
    return [Finding(place, f"the program knows no setting {name}") for name in names
            if name not in known() and name.removesuffix("_FILE") not in known()]
