"""Everything that is generated, as texts by path; writing it, and finding what differs."""

from pathlib import Path

from contracts import load_all
from powerbi import definition, model, report
from powerbi.model import as_json
from powerbi.tables import Tables

FOLDER = Path(__file__).parent
_PBIP = "https://developer.microsoft.com/json-schemas/fabric/pbip/pbipProperties/1.0.0/schema.json"


def files() -> dict[str, str]:
    """Path under `powerbi/` -> text.

    Raises:
        DefinitionError: the definition names what the contracts do not have.
        ContractError: a contract cannot be honoured.
    """
    said = definition.load()
    tables = Tables(load_all(), said)
    items = {
        f"{said.name}.SemanticModel": model.files(said, tables),
        f"{said.name}.Report": report.files(said, tables, f"../{said.name}.SemanticModel"),
    }
    out = {f"{item}/{path}": text for item, texts in items.items() for path, text in texts.items()}
    out[f"{said.name}.pbip"] = as_json(
        {"$schema": _PBIP, "version": "1.0", "artifacts": [{"report": {"path": f"{said.name}.Report"}}],
         "settings": {"enableAutoRecovery": True}}
    )  # fmt: skip
    return out


def present(folder: Path = FOLDER) -> dict[str, str]:
    """What is there, by path."""
    found = [*folder.glob("*.SemanticModel/**/*"), *folder.glob("*.Report/**/*"), *folder.glob("*.pbip")]
    return {p.relative_to(folder).as_posix(): p.read_text("utf-8") for p in found if p.is_file()}


def write(folder: Path = FOLDER) -> list[str]:
    """Make the folder hold what is generated and nothing else of it; the paths that changed."""
    wanted, there = files(), present(folder)
    changed = sorted(p for p in wanted.keys() | there.keys() if wanted.get(p) != there.get(p))
    for path in changed:
        target = folder / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted[path], encoding="utf-8")
            continue
        target.unlink()
        for parent in target.parents:
            if parent == folder or any(parent.iterdir()):
                break
            parent.rmdir()
    return changed
