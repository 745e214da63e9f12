CREATE OR ALTER VIEW [mart].[freshness] AS
SELECT
    [served].[table_name],
    [served].[batch_id],
    [served].[served_up_to],
    [served].[served_up_to_number],
    (
        SELECT MIN([p].[published_at]) FROM [mart].[published_batches] AS [p]
        WHERE [p].[batch_id] >= [served].[batch_id]
            AND CHARINDEX(CONCAT('|', [served].[table_name], '|'), [p].[tables]) > 0
    ) AS [published_at],
    [served].[freshness_target_seconds]
FROM (
    {tables}
) AS [served];
