IF EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'{name}')
    DROP USER [{name}];
