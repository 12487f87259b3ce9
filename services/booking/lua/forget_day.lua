#!lua flags=allow-oom
-- Retention: the bookings of a day long over, and its list, are removed.
-- KEYS: 1 past, 2.. everything to delete (the day's list, its bookings)   ARGV: 1 the day's name
-- Returns: {'ok'}
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('ZREM', KEYS[1], ARGV[1])
return {'ok'}
