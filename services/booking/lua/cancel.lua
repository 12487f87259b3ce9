#!lua flags=allow-oom
-- A booking is given up: its place cools off (or goes at once), its person's claim is free.
-- It stays in its day's list, so that it is forgotten with the day.
-- KEYS: 1 clock, 2 idempotency, 3 booking, 4 occupation, 5 due, 6 claim, 7 outbox,
--       8.. taken per resource
-- ARGV: 1 fingerprint, 2 result, 3 ttl_ms, 4 booking JSON as read, 5 booking JSON after, 6 reference,
--       7 occupation id, 8 occupation JSON cooling ('' : its places come back at once),
--       9 cooling until_ms, 10 first cell, 11 cells, 12-15 event
-- Returns: {'ok'} | {'replayed', result} | {'key_reused'} | {'changed'}
-- Event: booking.cancelled
-- @include clock
-- @include idempotency
-- @include places
-- @include occupations
-- @include outbox
local earlier = idempotency_earlier(KEYS[2], ARGV[1])
if earlier then return earlier end
if redis.call('GET', KEYS[3]) ~= ARGV[4] then return {'changed'} end
local now = clock(KEYS[1])

if ARGV[8] == '' then
  places_add(slice(KEYS, 8, #KEYS - 7), tonumber(ARGV[10]), tonumber(ARGV[11]), -1)
  redis.call('DEL', KEYS[4])
else
  redis.call('SET', KEYS[4], ARGV[8])
  occupation_due(KEYS[5], ARGV[7], ARGV[9])
end
if redis.call('GET', KEYS[6]) == ARGV[6] then redis.call('DEL', KEYS[6]) end
redis.call('SET', KEYS[3], ARGV[5])
outbox_append(KEYS[7], ARGV, 12, 1)
idempotency_keep(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
clock_seen(KEYS[1], now)
return {'ok'}
