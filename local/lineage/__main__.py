"""`python -m local.lineage` writes docs/dictionary.md and docs/lineage.md anew."""

from contracts import load_all
from local.lineage.docs import write
from local.state import PROJECT

if __name__ == "__main__":
    for path in write(load_all()):
        print(path.relative_to(PROJECT))
