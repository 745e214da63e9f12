IF NOT EXISTS (SELECT 1 FROM sys.database_scoped_credentials WHERE name = N'{name}')
    CREATE DATABASE SCOPED CREDENTIAL [{name}] WITH IDENTITY = 'Managed Identity';
