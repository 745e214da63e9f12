"""The pack, as `pulumi preview --policy-pack policy` starts it: with this folder first on the path."""

from adapter import policies
from pulumi_policy import PolicyPack
from rules import RULES

if __name__ == "__main__":
    PolicyPack("highwater", policies(RULES))
