IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'{name}')
    CREATE USER [{name}] FROM LOGIN [{name}];
