CREATE OR ALTER VIEW [mart].[batch_status] AS
SELECT
    [served].[table_name],
    [served].[batch_id],
    CAST(CASE WHEN [served].[batch_id] IS NULL OR [served].[batch_id] <= [highest].[batch_id] THEN 1 ELSE 0 END AS BIT)
        AS [agrees],
    [newest].[batch_id] AS [published_batch_id],
    [newest].[run_id],
    [newest].[published_at]
FROM (
    {tables}
) AS [served]
LEFT JOIN (SELECT MAX([batch_id]) AS [batch_id] FROM [mart].[published_batches]) AS [highest] ON 1 = 1
LEFT JOIN [mart].[published_batch] AS [newest] ON 1 = 1;
