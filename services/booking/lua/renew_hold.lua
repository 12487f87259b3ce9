#!lua
-- A live hold ends later, once.
-- KEYS: 1 clock, 2 idempotency, 3 occupation, 4 due
-- ARGV: 1 fingerprint, 2 result, 3 ttl_ms, 4 occupation JSON as read, 5 its end, 6 occupation JSON
--       renewed, 7 occupation id, 8 its new end
-- Returns: {'ok'} | {'replayed', result} | {'key_reused'} | {'changed'} | {'hold_expired'}
-- @include clock
-- @include idempotency
-- @include occupations
local earlier = idempotency_earlier(KEYS[2], ARGV[1])
if earlier then return earlier end
if redis.call('GET', KEYS[3]) ~= ARGV[4] then return {'changed'} end
local now = clock(KEYS[1])
if now >= tonumber(ARGV[5]) then return {'hold_expired'} end

redis.call('SET', KEYS[3], ARGV[6])
occupation_due(KEYS[4], ARGV[7], ARGV[8])
idempotency_keep(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
clock_seen(KEYS[1], now)
return {'ok'}
