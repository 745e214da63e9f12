IF NOT EXISTS (SELECT 1 FROM sys.schemas WHERE name = N'{name}')
    EXEC('CREATE SCHEMA [{name}]');
