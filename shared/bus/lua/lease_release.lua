#!lua flags=allow-oom
-- Ends a lease that is still ours.
-- KEYS: 1 lease   ARGV: 1 token
-- Returns: {'ok'} or {'lost'}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'lost'} end
redis.call('DEL', KEYS[1])
return {'ok'}
