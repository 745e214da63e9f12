CREATE OR ALTER VIEW [mart].[freshness] AS
SELECT
    [served].[table_name],
    [served].[batch_id],
    [served].[served_up_to],
    [served].[served_up_to_number],
    [own].[published_at],
    [served].[freshness_target_seconds]
FROM (
    {tables}
) AS [served]
LEFT JOIN [mart].[published_batches] AS [own] ON [own].[batch_id] = [served].[batch_id];
