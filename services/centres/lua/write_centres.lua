#!lua
-- Stores centres that nobody changed meanwhile, and their events; all of them or none.
-- KEYS: 1 clock, 2 idempotency record, 3 catalogue version, 4 ids (set), 5 seq (counter), 6 outbox,
--       7.. the centres' documents
-- ARGV: 1 fingerprint, 2 result, 3 ttl_ms, 4 catalogue version, then seven per centre:
--       id, document it must still be ('' where it must be new), new document, topic, key, headers, value
-- Returns: {'ok'} | {'conflict'} | {'replayed', result} | {'key_reused'}
-- Events: one of centre.* per centre.
-- @include clock
-- @include idempotency
-- @include outbox
local earlier = idempotency_earlier(KEYS[2], ARGV[1])
if earlier then return earlier end
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[4] then return {'conflict'} end
for i = 7, #KEYS do
  local at = 5 + 7 * (i - 7)
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[at + 1] then return {'conflict'} end
end
local now = clock(KEYS[1])

clock_seen(KEYS[1], now)
for i = 7, #KEYS do
  local at = 5 + 7 * (i - 7)
  redis.call('SET', KEYS[i], ARGV[at + 2])
  redis.call('SADD', KEYS[4], ARGV[at])
  outbox_append(KEYS[6], ARGV, at + 3, 1)
end
redis.call('INCR', KEYS[5])
idempotency_keep(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
return {'ok'}
