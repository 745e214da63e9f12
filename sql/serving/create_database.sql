IF NOT EXISTS (SELECT 1 FROM sys.databases WHERE name = N'{name}')
    CREATE DATABASE [{name}] COLLATE {collation};
