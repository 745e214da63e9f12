IF IS_ROLEMEMBER(N'{role}', N'{name}') = 1
    ALTER ROLE [{role}] DROP MEMBER [{name}];
