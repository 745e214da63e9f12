CREATE OR ALTER VIEW [{schema}].[{name}] AS
SELECT
    {select}
FROM OPENROWSET(
    BULK '{folder}',
    DATA_SOURCE = '{source}',
    FORMAT = 'DELTA'
) WITH (
    {columns}
) AS [rows]{where};
