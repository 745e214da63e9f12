"""The laptop's Databricks: a Spark Connect server, wheels installed by content, and job runs.

A job run is a process of its own that talks to the server, so it outlives whoever started it, queues behind
another run of its job, and sees neither this project's code nor its settings: as on the service.
"""
