"""Triggers: when a pipeline runs by itself. What is due is pure arithmetic; firing it is `Watch`."""

from local.adf.triggers.model import ScheduleTrigger, Trigger, TriggerError, WindowTrigger
from local.adf.triggers.reading import read
from local.adf.triggers.watch import Ended, Watch

__all__ = ["Ended", "ScheduleTrigger", "Trigger", "TriggerError", "Watch", "WindowTrigger", "read"]
