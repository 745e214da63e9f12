"""Pipelines that were exported from a real factory, and what their linked services are on this machine."""

from local.adf.exports.commands import CommandJobs
from local.adf.exports.mapping import Mapped, map_linked_services
from local.adf.exports.reading import Export, read_export

__all__ = ["CommandJobs", "Export", "Mapped", "map_linked_services", "read_export"]
