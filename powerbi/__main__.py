"""`python -m powerbi`: write the semantic model and the report anew."""

import sys

from contracts import ContractError
from powerbi import generate
from powerbi.errors import DefinitionError


def main() -> int:
    try:
        changed = generate.write()
    except (DefinitionError, ContractError) as error:
        print(error, file=sys.stderr)
        return 1
    for path in changed:
        print(f"powerbi/{path}")
    print(f"{len(generate.present())} files, {len(changed)} of them changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
