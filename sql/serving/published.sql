CREATE OR ALTER VIEW [mart].[published_batches] AS
SELECT [rows].[batch_id], [rows].[run_id], [rows].[published_at], [rows].[tables]
FROM OPENROWSET(
    BULK '{folder}',
    DATA_SOURCE = 'gold',
    FORMAT = 'DELTA'
) WITH (
    [batch_id] BIGINT,
    [run_id] VARCHAR(64) COLLATE Latin1_General_100_BIN2_UTF8,
    [published_at] DATETIME2(6),
    [tables] VARCHAR(8000) COLLATE Latin1_General_100_BIN2_UTF8
) AS [rows];
