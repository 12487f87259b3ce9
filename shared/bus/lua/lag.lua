#!lua flags=no-writes
-- Counts a stream's entries after a group's cursor, and no more than it is told to.
-- KEYS: 1 stream, 2 cursor   ARGV: 1 most
-- Returns: {'ok', count}
local cursor = redis.call('GET', KEYS[2]) or '0-0'
local newest = redis.call('XREVRANGE', KEYS[1], '+', '(' .. cursor, 'COUNT', 1)
if #newest == 0 then return {'ok', 0} end
return {'ok', #redis.call('XRANGE', KEYS[1], '(' .. cursor, '+', 'COUNT', ARGV[1])}
