"""Address ranges: what a subnet must be, and which addresses a firewall may let in. Knows nothing of Pulumi."""

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

# The smallest each may be, as a prefix length. Azure keeps five addresses of every subnet for itself, a
# private endpoint takes one or more, and Databricks wants a /26 at least for each of its two.
SMALLEST = {
    "endpoints": 27,
    "databricks_hosts": 26,
    "databricks_containers": 26,
    "runner": 28,
    "gateway": 28,
}
# Databricks refuses a virtual network of any other size.
SPACE = (16, 24)
# The Power Platform gateway uses these addresses inside itself.
GATEWAY_OWN = IPv4Network("10.0.1.0/24")
WIDEST = 65536


def refusal(space: IPv4Network, subnets: dict[str, IPv4Network]) -> str | None:
    """What is wrong with the subnets of a virtual network, by key, rule and value; none when all is well."""
    if not (space.is_private and SPACE[0] <= space.prefixlen <= SPACE[1]):
        return f"address_space must be private and from /{SPACE[0]} to /{SPACE[1]} (found: '{space}')"
    for key, subnet in subnets.items():
        if not subnet.subnet_of(space):
            return f"subnets.{key} must lie inside address_space {space} (found: '{subnet}')"
        if subnet.prefixlen > SMALLEST[key]:
            return f"subnets.{key} must be a /{SMALLEST[key]} or larger (found: '{subnet}')"
    for (one, first), (other, second) in combinations(subnets.items(), 2):
        if first.overlaps(second):
            return f"subnets.{other} must not overlap subnets.{one}, which is {first} (found: '{second}')"
    if subnets["gateway"].overlaps(GATEWAY_OWN):
        return f"subnets.gateway must not overlap {GATEWAY_OWN} (found: '{subnets['gateway']}')"
    return None


def span(given: str) -> tuple[str, str]:
    """The first and the last address of `a.b.c.d` or `a.b.c.d-e.f.g.h`.

    Raises:
        ValueError: it is no such range, ends before it starts, or holds more than 65536 addresses.
    """
    first, dash, last = given.partition("-")
    start = IPv4Address(first)
    end = IPv4Address(last) if dash else start
    if not 0 <= int(end) - int(start) < WIDEST:
        raise ValueError(f"a range goes from a lower to a higher address and holds at most {WIDEST} of them")
    if start == IPv4Address(0):
        raise ValueError("0.0.0.0 stands for Azure's own services: use azure_services")
    return str(start), str(end)


def a_range(given: str) -> str:
    """`given` itself when `span` accepts it."""
    span(given)
    return given
