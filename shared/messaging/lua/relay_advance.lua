#!lua flags=allow-oom
-- Moves the relay's cursor over entries that are acknowledged, and trims the outbox below it.
-- KEYS: 1 lease, 2 cursor, 3 outbox stream, 4 hash of the relay's state
-- ARGV: 1 token, 2 id of the last acknowledged entry, 3.. field and value of each end reached
-- Returns: {'ok'} or {'lost'} if another relay holds the lease
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'lost'} end
local t = redis.call('TIME')
redis.call('SET', KEYS[2], ARGV[2])
redis.call('XTRIM', KEYS[3], 'MINID', ARGV[2])
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[4], 'bus', 'ok', 'error', '',
  'at_ms', string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000)))
return {'ok'}
