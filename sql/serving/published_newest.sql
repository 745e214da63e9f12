CREATE OR ALTER VIEW [mart].[published_batch] AS
SELECT TOP 1 [p].[batch_id], [p].[run_id], [p].[published_at]
FROM [mart].[published_batches] AS [p]
ORDER BY [p].[published_at] DESC, [p].[batch_id] DESC;
