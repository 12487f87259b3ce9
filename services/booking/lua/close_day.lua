#!lua flags=allow-oom
-- A day that is over and settled: its counts and occupations are of no use any more.
-- KEYS: 1 days, 2 past, 3.. everything to delete (counts, holds of the day, occupations)
-- ARGV: 1 the day's name, 2 forget_at_ms
-- Returns: {'ok'}
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
return {'ok'}
