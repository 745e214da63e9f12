IF EXISTS (SELECT 1 FROM sys.external_data_sources WHERE name = N'{name}' AND location <> N'{location}')
    DROP EXTERNAL DATA SOURCE [{name}];
GO
IF NOT EXISTS (SELECT 1 FROM sys.external_data_sources WHERE name = N'{name}')
    CREATE EXTERNAL DATA SOURCE [{name}] WITH (LOCATION = '{location}'{credential});
