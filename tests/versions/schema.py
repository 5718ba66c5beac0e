"""May old programs run beside this migration? It may add what they need not know: no more.

Every migration is applied to an embedded database in turn, and what it did to the tables that were there before is looked at: the
effect, not the words, so that a table made anew is seen for what it became. What is for PostgreSQL alone is held against words.
"""
import dataclasses
import pathlib
import re
import sqlite3


@dataclasses.dataclass
class Table:
    columns: dict[str, tuple[str, bool, bool]]  # name: type, may not be NULL, has a default or is filled by itself
    unique: set[tuple[str, ...]]
    checks: int
    references: set[tuple]


def read(database: sqlite3.Connection) -> dict[str, Table]:
    tables = {}
    for name, sql in database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
        rows = database.execute(f"PRAGMA table_info('{name}')").fetchall()
        columns = {row[1]: (row[2], bool(row[3] or row[5]), row[4] is not None) for row in rows}
        unique = set()
        for index in database.execute(f"PRAGMA index_list('{name}')").fetchall():
            if index[2]:  # a part of the rows only is another promise than all of them
                condition = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index[1],)).fetchone()[0] or ""
                unique.add((*[row[2] for row in database.execute(f"PRAGMA index_info('{index[1]}')")], condition.partition(" WHERE ")[2]))
        references = {(row[3], row[2], row[4]) for row in database.execute(f"PRAGMA foreign_key_list('{name}')")}
        tables[name] = Table(columns, unique, len(re.findall(r"\bCHECK\s*\(", sql)), references)
    return tables


def compare(before: dict[str, Table], after: dict[str, Table]) -> list[str]:
    """What a program that knows only `before` would trip over."""
    problems = []
    for name, old in before.items():
        if name not in after:
            problems.append(f"the table {name} is gone")
            continue
        new = after[name]
        for column, (kind, required, _) in old.columns.items():
            if column not in new.columns:
                problems.append(f"{name}.{column} is gone")
            elif new.columns[column][0] != kind:
                problems.append(f"{name}.{column} was {kind}, is {new.columns[column][0]}")
            elif new.columns[column][1] and not required:
                problems.append(f"{name}.{column} may not be NULL any more")
        for column, (_, required, given) in new.columns.items():
            if column not in old.columns and required and not given:
                problems.append(f"{name}.{column} is new and needs a value that old programs do not give")
        problems += [f"{name}: {', '.join(one[:-1])} must be unique, which old programs do not know" for one in new.unique - old.unique
                     if not all(column in new.columns.keys() - old.columns.keys() for column in one[:-1])]
        if new.checks > old.checks:
            problems.append(f"{name} has a further CHECK")
        problems += [f"{name}.{one[0]} refers to {one[1]} now" for one in new.references - old.references if one[0] in old.columns]
    return problems


def migrations(folder: pathlib.Path) -> list[tuple[str, str]]:
    return [(path.name, path.read_text()) for path in sorted(folder.glob("*.sql")) if not path.name.endswith(".pg.sql")]


def check_words(name: str, sql: str) -> list[str]:
    """Of a migration for PostgreSQL alone, which the embedded database cannot try."""
    spoken = re.sub(r"--[^\n]*", "", sql)
    words = r"\bDROP\s+COLUMN\b|\bDROP\s+TABLE\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b|\bADD\s+CONSTRAINT\b|\bTYPE\s+\w+\s+USING\b|\bTRUNCATE\b"
    return [f"{name}: {' '.join(found.split())} takes something away from old programs" for found in re.findall(words, spoken, re.I)]


def check(files: list[tuple[str, str]], first: int) -> list[str]:
    """The problems of the migrations from number `first` on; those before it have no older program beside them."""
    database = sqlite3.connect(":memory:")
    problems = []
    before: dict[str, Table] = {}
    for name, sql in files:
        database.executescript(sql)
        after = read(database)
        if int(name[:4]) >= first:
            problems += [f"{name}: {one}" for one in compare(before, after)]
        before = after
    return problems


# Migrations of the kind that people write, and what must be said of each.
WRONG = [
    ("ALTER TABLE targets DROP COLUMN state_reason;", "targets.state_reason is gone"),
    ("ALTER TABLE targets RENAME COLUMN part TO number;", "targets.part is gone"),
    ("ALTER TABLE posts ADD COLUMN colour TEXT NOT NULL CHECK (colour <> '') DEFAULT 'red';", "posts has a further CHECK"),
    ("ALTER TABLE heartbeats RENAME TO beats;", "the table heartbeats is gone"),
    ("DROP TABLE slots;", "the table slots is gone"),
    ("CREATE UNIQUE INDEX one_text ON targets (account_id, text_hash);", "must be unique"),
    ("CREATE TABLE anew (id TEXT PRIMARY KEY, word TEXT NOT NULL); DROP TABLE slots; ALTER TABLE anew RENAME TO slots;",
     "slots.word is new and needs a value"),
]
WRONG_WORDS = ["ALTER TABLE posts DROP  COLUMN parts;", "ALTER TABLE posts rename TO articles;", "ALTER TABLE posts ALTER author_id SET NOT NULL;"]
RIGHT = [
    "ALTER TABLE posts ADD COLUMN colour TEXT NOT NULL DEFAULT '';",
    "ALTER TABLE posts ADD COLUMN colour TEXT;",
    "CREATE TABLE colours (id TEXT PRIMARY KEY, name TEXT NOT NULL); CREATE INDEX colours_name ON colours (name);",
    "ALTER TABLE posts ADD COLUMN colour TEXT; CREATE UNIQUE INDEX posts_colour ON posts (colour);",
    "CREATE INDEX targets_handle ON targets (account_handle);",
]
