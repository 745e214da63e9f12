"""The laptop's Synapse: the same T-SQL scripts and queries as on Azure, over the same Delta tables.

`driver.duckdb` runs the scripts that define the database, `query.query` answers a SELECT. Objects are text
files (`catalog`), T-SQL is compiled by the package `tsql`.
"""
