"""What a run wrote to the lake, read from the folders and from Delta's own logs."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Written:
    """Bytes and files that came into a container, and files that new commits took out of its tables.

    `bytes` are those of data: Parquet of landing, or what Delta's commits added, the change feed's included.
    """

    bytes: int = 0
    files_added: int = 0
    files_rewritten: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))


Mark = dict[Path, int]


def mark(lake: Path) -> Mark:
    """Where every table's log and every landed file stands, to be held against later."""
    found: Mark = {path: path.stat().st_size for path in _landed(lake)}
    for log in lake.glob("*/*/_delta_log"):
        found[log] = max((int(p.stem) for p in _commits(log)), default=-1)
    return found


def since(lake: Path, before: Mark) -> dict[str, Written]:
    """What was written after `before`, by container (landing, bronze, ..) and for tables by container/table."""
    landed = [path.stat().st_size for path in _landed(lake) if path not in before]
    done = {"landing": Written(sum(landed), len(landed))}
    for log in sorted(lake.glob("*/*/_delta_log")):
        container, table = log.parent.parent.name, log.parent.name
        own = _of_commits(log, before.get(log, -1))
        if own != Written():
            done[f"{container}/{table}"] = own
    return done


def total(parts: dict[str, Written]) -> Written:
    return sum(parts.values(), Written())


def _landed(lake: Path) -> Iterator[Path]:
    """Files of windows; plans and receipts are no data."""
    for path in (lake / "landing").rglob("*.parquet"):
        if not path.relative_to(lake / "landing").parts[0].startswith("_"):
            yield path


def _commits(log: Path) -> list[Path]:
    return [p for p in log.glob("*.json") if p.stem.isdigit()]


def _of_commits(log: Path, after: int) -> Written:
    commits = (path for path in _commits(log) if int(path.stem) > after)
    return sum((_of_commit(path) for path in commits), Written())


def _of_commit(commit: Path) -> Written:
    """A file that a commit takes out and puts back stays: its deletion vector, if it got one, is what is written."""
    actions = [json.loads(line) for line in commit.read_text(encoding="utf-8").splitlines()]
    removed = {action["remove"]["path"] for action in actions if "remove" in action}
    new = [action[kind] for action in actions for kind in ("add", "cdc") if kind in action]
    stays = [one for one in new if one["path"] in removed]
    came = [one for one in new if one["path"] not in removed]
    vectors = [one["deletionVector"] for one in stays if one.get("deletionVector")]
    size = sum(one["size"] for one in came) + sum(vector["sizeInBytes"] for vector in vectors)
    return Written(size, len(came), len(removed) - len(stays))
