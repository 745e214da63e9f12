CREATE OR ALTER VIEW [mart].[batch_status] AS
SELECT
    [served].[table_name],
    [served].[batch_id],
    CAST(CASE WHEN [served].[batch_id] IS NULL OR EXISTS (
        SELECT 1 FROM [mart].[published_batches] AS [p]
        WHERE [p].[batch_id] >= [served].[batch_id]
            AND CHARINDEX(CONCAT('|', [served].[table_name], '|'), [p].[tables]) > 0
    ) THEN 1 ELSE 0 END AS BIT) AS [agrees],
    [newest].[batch_id] AS [published_batch_id],
    [newest].[run_id],
    [newest].[published_at]
FROM (
    {tables}
) AS [served]
LEFT JOIN [mart].[published_batch] AS [newest] ON 1 = 1;
