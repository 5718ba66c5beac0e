"""What the checks of deploy/ share: reading the files, the foreign schemas, and findings with a place."""
import json
import os
import pathlib
from dataclasses import dataclass

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
SCHEMAS = pathlib.Path(os.environ.get("SOCIALTREND_SHARED", ROOT.parent / "shared")) / "schemas"


class SchemaMissing(Exception):
    """The foreign schemas are not part of the project; without them a check is skipped, loudly."""


@dataclass(frozen=True)
class Finding:
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def schema(name: str):
    path = SCHEMAS / name
    if not path.exists():
        raise SchemaMissing(name)
    text = path.read_text()
    return yaml.safe_load(text) if name.endswith(".yaml") else json.loads(text)


def against(document, validator, place: str) -> list[Finding]:
    """Every disagreement with a jsonschema validator, with the path inside the document."""
    return [Finding(f"{place}/{'/'.join(str(part) for part in error.path)}", error.message[:300])
            for error in validator.iter_errors(document)]


class Folder:
    """The files below deploy/ by their relative path, as text; tests hand in broken copies."""

    def __init__(self, files: dict[str, str] | None = None) -> None:
        self.files = files if files is not None else {
            str(path.relative_to(DEPLOY)): path.read_text()
            for path in sorted(DEPLOY.rglob("*")) if path.is_file() and not path.name.endswith(".env")
        }

    def with_text(self, path: str, old: str, new: str) -> "Folder":
        if self.files[path].count(old) < 1:
            raise ValueError(f"{path} does not contain {old!r}: the broken copy would be whole")
        return Folder({**self.files, path: self.files[path].replace(old, new, 1)})

    def yaml(self, path: str):
        return yaml.safe_load(self.files[path])

    def json(self, path: str):
        return json.loads(self.files[path])

    def matching(self, prefix: str, suffix: str) -> list[str]:
        return [path for path in self.files if path.startswith(prefix) and path.endswith(suffix)]
