IF NOT EXISTS (SELECT 1 FROM sys.server_principals WHERE name = N'{name}')
    CREATE LOGIN [{name}] FROM EXTERNAL PROVIDER;
