IF EXISTS (SELECT 1 FROM sys.server_principals WHERE name = N'{name}')
    DROP LOGIN [{name}];
