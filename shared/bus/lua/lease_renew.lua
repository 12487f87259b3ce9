#!lua flags=allow-oom
-- Prolongs a lease that is still ours.
-- KEYS: 1 lease   ARGV: 1 token, 2 ttl_ms
-- Returns: {'ok'} or {'lost'}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'lost'} end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'ok'}
