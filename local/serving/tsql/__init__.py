"""A compiler from the T-SQL of Synapse serverless to DuckDB's SQL.

It binds names and types as SQL Server does and writes each construct so that it keeps its meaning; what it
can't keep, it refuses by name (`tsql.errors.Refused`). Parsing is sqlglot's, by a dialect of its own.
"""
