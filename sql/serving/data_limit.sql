EXEC sp_set_data_processed_limit @type = N'daily', @limit_tb = {terabytes};
