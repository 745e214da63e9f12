-- Macros that the translated SQL calls. Each keeps one rule of T-SQL that DuckDB does not share.

-- Integer and float division: DuckDB answers NULL or infinity where T-SQL fails.
create macro tsql_div(a, b) as
    case when b = 0 then error('Divide by zero error encountered.') else a // b end;
create macro tsql_fdiv(a, b) as
    case when b = 0 then error('Divide by zero error encountered.') else a / b end;
-- A float beyond its range is an error in T-SQL, infinity in DuckDB.
create macro tsql_real(x) as
    case when isinf(x) then error('Arithmetic overflow error for type float.') else x end;
create macro tsql_mod(a, b) as
    case when b = 0 then error('Divide by zero error encountered.') else a % b end;

-- A text without the blanks at its end, which T-SQL looks past where it compares. Most texts have none: to look at the
-- last letter costs a fraction of a copy.
create macro tsql_rtrim(x) as case when ends_with(x, ' ') then rtrim(x, ' ') else x end;

-- Text to number: T-SQL reads digits only ('2.7' is no INT) and takes blanks for 0. The result is text to cast.
-- `kind` names the type in the error; TRY_CAST passes NULL for it and gets NULL for an answer.
create macro tsql_integer(x, kind) as
    case when regexp_full_match(x, ' *[+-]?[0-9]+ *') then trim(x, ' ')
         when trim(x, ' ') = '' then '0'
         when x is null or kind is null then null
         else error('Conversion failed when converting the value ''' || x || ''' to data type ' || kind || '.') end;
create macro tsql_decimal(x, kind) as
    case when regexp_full_match(x, ' *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+) *') then trim(x, ' ')
         when x is null or kind is null then null
         else error('Conversion failed when converting the value ''' || x || ''' to data type ' || kind || '.') end;
create macro tsql_float(x, kind) as
    case when regexp_full_match(x, ' *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *') then trim(x, ' ')
         when trim(x, ' ') = '' then '0'
         when x is null or kind is null then null
         else error('Conversion failed when converting the value ''' || x || ''' to data type ' || kind || '.') end;
create macro tsql_bit(x, kind) as
    case when lower(trim(x, ' ')) in ('true', 'false') then lower(trim(x, ' '))
         when regexp_full_match(x, ' *[+-]?0* *') then 'false'
         when regexp_full_match(x, ' *[+-]?[0-9]+ *') then 'true'
         when x is null or kind is null then null
         else error('Conversion failed when converting the value ''' || x || ''' to data type ' || kind || '.') end;

-- Text to time: ISO forms and yyyymmdd alone. T-SQL reads others by the session's language.
create macro tsql_time(x, kind) as
    case when regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0?)?)?)?')
             then case when length(x) = 16 then x || ':00' else left(x, 26) end
         when regexp_full_match(x, '[0-9]{8}') then x[1:4] || '-' || x[5:6] || '-' || x[7:8]
         when trim(x, ' ') = '' then '1900-01-01'
         when x is null or kind is null then null
         else error('Conversion failed when converting the value ''' || x || ''' to data type ' || kind
                    || ': write yyyy-mm-dd[ hh:mm[:ss[.ffffff]]] or yyyymmdd.') end;

-- Text cut to n bytes (VARCHAR) or n characters (NVARCHAR), as CAST does in silence.
create macro tsql_cut(x, n) as
    case when x is null or strlen(x) <= n then x
         when strlen(x) = length(x) then left(x, n)
         else error('A text of several bytes a character is cut: its length in bytes is not kept here.') end;
create macro tsql_ncut(x, n) as case when length(x) <= n then x else left(x, n) end;
-- A number that does not fit its text: a star for INT and smaller as VARCHAR, an error for all others (8115).
create macro tsql_star(x, n) as case when x is null or strlen(x) <= n then x else '*' end;
create macro tsql_fits(x, n, what) as
    case when x is null or strlen(x) <= n then x
         when what is null then null
         else error('Arithmetic overflow error converting ' || what || '.') end;
-- A served text longer than its column says fails on Synapse too.
create macro tsql_held(x, n, name) as
    case when x is null or strlen(x) <= n then x
         else error('String or binary data would be truncated while reading column ' || name || '.') end;

-- Seconds rounded to fewer digits, half up; `unit` is in microseconds.
create macro tsql_round_time(x, unit) as
    make_timestamp(epoch_us(x) + unit // 2 - (((epoch_us(x) + unit // 2) % unit) + unit) % unit);

create macro tsql_charindex(part, x, start) as
    case when part = '' then 0
         when strpos(substring(x, greatest(start, 1)), part) = 0 then 0
         else strpos(substring(x, greatest(start, 1)), part) + greatest(start, 1) - 1 end;
create macro tsql_left(x, n) as
    case when n < 0 then error('Invalid length parameter passed to the LEFT function.') else left(x, n) end;
create macro tsql_right(x, n) as
    case when n < 0 then error('Invalid length parameter passed to the RIGHT function.')
         when n = 0 then '' else right(x, n) end;
create macro tsql_substring(x, start, n) as
    case when n < 0 then error('Invalid length parameter passed to the SUBSTRING function.')
         else substring(x, greatest(start, 1), greatest(start + n - greatest(start, 1), 0)) end;

-- DATEPART: Sunday is day 1, week 1 has 1 January and weeks start on Sunday.
create macro tsql_weekday(x) as dayofweek(x) + 1;
create macro tsql_week(x) as (dayofyear(x) + dayofweek(date_trunc('year', x)) - 1) // 7 + 1;
-- DATEDIFF(week): how many Sundays lie between.
create macro tsql_weeks(a, b) as
    (date_diff('day', date '0001-01-07', b) // 7) - (date_diff('day', date '0001-01-07', a) // 7);
