-- 0, or an error whose text says why a safe bound cannot be known here. The texts hold a value of the session, so
-- that they are not evaluated before they apply.
case
    when pg_is_in_recovery() then concat('Highwater needs the primary of ', current_database(),
        ': a replica does not show the transactions of its primary.',
        ' Read the primary, or give the cursor a lookback.')::int
    when not pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') then concat('Highwater, as ', current_user,
        ', cannot see the transactions in flight. Grant it pg_read_all_stats, or give the cursor a lookback.')::int
    when current_setting('track_activities') <> 'on' then concat('Highwater, as ', current_user,
        ', cannot see the transactions in flight: track_activities is off.',
        ' Set it on, or give the cursor a lookback.')::int
    else 0
end
