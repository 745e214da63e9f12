"""Every identity has each role that its use needs, and no role that nothing uses."""

from collections.abc import Iterator

from local.check.abilities import ABILITIES
from local.check.estate import Estate, plain
from local.check.finding import Finding
from local.check.needs import Need, needs
from local.declare import Resource

RULE = "role"


def _who(estate: Estate, principal: str) -> str:
    identity = estate.principals.get(principal)
    return identity["urn"].rpartition("::")[2] if identity else principal


def _role(assignment: Resource) -> tuple[str, set[str]] | None:
    return ABILITIES.get(assignment["inputs"]["roleDefinitionId"].rpartition("/")[2].lower())


def _reaches(assignment: Resource, need: Need) -> bool:
    """Whether the assignment is about this identity and this place, or one around it."""
    scope, wanted = plain(assignment["inputs"]["scope"]), plain(need.scope)
    around = wanted == scope or wanted.startswith(f"{scope}/")
    return around and assignment["inputs"]["principalId"] == need.principal


def _spare_containers(estate: Estate, assignment: Resource, wanted: set[Need]) -> Iterator[str]:
    """Containers of an account that an assignment on the whole account opens without need."""
    scope, principal = plain(assignment["inputs"]["scope"]), assignment["inputs"]["principalId"]
    used = {plain(need.scope) for need in wanted if need.principal == principal}
    for container in estate.of("storage:BlobContainer"):
        own = plain(estate.id(container))
        if own.startswith(f"{scope}/") and own not in used and scope not in used:
            yield container["inputs"]["containerName"]


def check(estate: Estate) -> Iterator[Finding]:
    """Missing, unused and broader roles. A role that the check knows nothing of is a finding of its own."""
    wanted = set(needs(estate))
    assignments = estate.of("authorization:RoleAssignment")
    for need in sorted(wanted, key=lambda n: (n.urn, n.scope, n.ability)):
        able = [a for a in assignments if _reaches(a, need) and need.ability in (_role(a) or ("", set()))[1]]
        if not able:
            message = f"{_who(estate, need.principal)} can't {need.ability} on {need.scope}, for {need.why}"
            yield Finding(RULE, need.urn, message)
    for assignment in assignments:
        known, who = _role(assignment), _who(estate, assignment["inputs"]["principalId"])
        if known is None:
            role = assignment["inputs"]["roleDefinitionId"].rpartition("/")[2]
            yield Finding(RULE, assignment["urn"], f"the check knows nothing of the role {role}")
            continue
        name, abilities = known
        used = {need.ability for need in wanted if _reaches(assignment, need)}
        if not used & abilities:
            yield Finding(RULE, assignment["urn"], f"{who} is {name} here, and nothing uses that")
        elif abilities - used:
            spare = ", ".join(sorted(abilities - used))
            yield Finding(RULE, assignment["urn"], f"{who} is {name} here, and nothing needs it to {spare}")
        for container in _spare_containers(estate, assignment, wanted) if used & abilities else ():
            yield Finding(
                RULE, assignment["urn"], f"{who} is {name} also on {container}, which it does not use"
            )
