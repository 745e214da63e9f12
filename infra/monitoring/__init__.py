"""Watching a stack: its logs, the facts of its runs, and who is told when something is wrong."""

from infra.monitoring.watch import Watch

__all__ = ["Watch"]
