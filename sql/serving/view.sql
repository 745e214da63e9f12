CREATE OR ALTER VIEW [{schema}].[{name}] AS
SELECT
    {select}
FROM OPENROWSET(
    BULK '{name}',
    DATA_SOURCE = '{source}',
    FORMAT = 'DELTA'
) WITH (
    {columns}
) AS [rows]{where};
