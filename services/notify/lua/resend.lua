#!lua
-- Queues a message that was sent or given up once more, behind what its booking waits for.
-- KEYS: 1 message, 2 line, 3 queue:email, 4 queue:sms, 5 claims:email, 6 claims:sms,
--   7 idempotency record, 8 index:all:queued, 9 index:all:sent, 10 index:all:failed,
--   11 index:centre:queued, 12 index:centre:sent, 13 index:centre:failed
-- ARGV: 1 id, 2 index member, 3 now_ms, 4 fingerprint, 5 result, 6 ttl_ms
-- Returns: {'ok'} | {'queued'} (it is on its way: unchanged) | {'gone'} | {'replayed', result}
--   | {'key_reused'}
-- Event: none (its outcome is one)
-- @include idempotency
-- @include line
local earlier = idempotency_earlier(KEYS[7], ARGV[4])
if earlier then return earlier end
local found = redis.call('HMGET', KEYS[1], 'status', 'attempts')
if not found[1] then return {'gone'} end
if found[1] == 'queued' then return {'queued'} end
redis.call('HSET', KEYS[1], 'status', 'queued', 'earlier', found[2] or 0, 'since_ms', ARGV[3],
  'due_ms', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'resends', 1)
redis.call('RPUSH', KEYS[2], ARGV[1])
call_head(KEYS[2], {email = KEYS[3], sms = KEYS[4]}, {email = KEYS[5], sms = KEYS[6]}, ARGV[3])
for _, index in ipairs({KEYS[9], KEYS[10], KEYS[12], KEYS[13]}) do
  redis.call('ZREM', index, ARGV[2])
end
redis.call('ZADD', KEYS[8], 0, ARGV[2])
redis.call('ZADD', KEYS[11], 0, ARGV[2])
idempotency_keep(KEYS[7], ARGV[4], ARGV[5], ARGV[6])
return {'ok'}
