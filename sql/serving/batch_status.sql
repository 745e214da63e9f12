CREATE OR ALTER VIEW [mart].[batch_status] AS
SELECT
    [served].[table_name],
    [served].[batch_id],
    CAST(CASE WHEN [served].[batch_id] IS NULL OR [own].[batch_id] IS NOT NULL THEN 1 ELSE 0 END AS BIT) AS [agrees],
    [newest].[batch_id] AS [published_batch_id],
    [newest].[run_id],
    [newest].[published_at]
FROM (
    {tables}
) AS [served]
LEFT JOIN [mart].[published_batches] AS [own] ON [own].[batch_id] = [served].[batch_id]
LEFT JOIN [mart].[published_batch] AS [newest] ON 1 = 1;
