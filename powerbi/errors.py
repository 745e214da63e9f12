"""What the generator refuses."""


class DefinitionError(Exception):
    """`definition.yaml` says what the contracts do not have; it names the place, and what there is."""
