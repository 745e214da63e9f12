ALTER ROLE [{role}] ADD MEMBER [{name}];
