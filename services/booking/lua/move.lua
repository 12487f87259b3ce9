#!lua
-- A booking changes its place in one step: takes the new one, lets the old one cool off (or go at once).
-- KEYS: 1 clock, 2 idempotency, 3 schedule of the new centre, 4 booking, 5 old occupation,
--       6 new occupation, 7 due, 8 old day, 9 new day, 10 days, 11 outbox,
--       12.. taken per resource at the new place (n of them), then at the old place
-- ARGV: 1 fingerprint, 2 result, 3 ttl_ms, 4 schedule version, 5 booking JSON as read,
--       6 booking JSON after, 7 reference, 8 old occupation id, 9 old occupation JSON cooling
--       ('' : its places come back at once), 10 cooling until_ms, 11 new occupation JSON,
--       12 new minute of the day, 13 new day's name, 14 new day's end_ms,
--       15 first cell new, 16 cells new, 17 first cell old, 18 cells old, 19 n,
--       20.. limit per resource at the new place (n of them), then the events (1 or 2, 4 each)
-- Returns: {'ok'} | {'replayed', result} | {'key_reused'} | {'changed'} | {'stale'} | {'slot_full'}
-- Event: booking.moved, and booking.left where the centre differs
-- @include clock
-- @include idempotency
-- @include places
-- @include occupations
-- @include outbox
local earlier = idempotency_earlier(KEYS[2], ARGV[1])
if earlier then return earlier end
if redis.call('GET', KEYS[4]) ~= ARGV[5] then return {'changed'} end
if redis.call('GET', KEYS[3]) ~= ARGV[4] then return {'stale'} end
local now = clock(KEYS[1])
local n = tonumber(ARGV[19])
local first, count = tonumber(ARGV[15]), tonumber(ARGV[16])
local new_taken = slice(KEYS, 12, n)
if not places_fit(new_taken, first, count, numbers(ARGV, 20, n), 1) then return {'slot_full'} end
local old_taken = slice(KEYS, 12 + n, #KEYS - 11 - n)
local old_first, old_count = tonumber(ARGV[17]), tonumber(ARGV[18])
local events_at = 20 + n
local events = (#ARGV - events_at + 1) / 4

places_add(new_taken, first, count, 1)
redis.call('SET', KEYS[6], ARGV[11])
if ARGV[9] == '' then
  places_add(old_taken, old_first, old_count, -1)
  redis.call('DEL', KEYS[5])
else
  redis.call('SET', KEYS[5], ARGV[9])
  occupation_due(KEYS[7], ARGV[8], ARGV[10])
end
redis.call('ZREM', KEYS[8], ARGV[7])
redis.call('ZADD', KEYS[9], ARGV[12], ARGV[7])
redis.call('ZADD', KEYS[10], ARGV[14], ARGV[13])
redis.call('SET', KEYS[4], ARGV[6])
outbox_append(KEYS[11], ARGV, events_at, events)
idempotency_keep(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
clock_seen(KEYS[1], now)
return {'ok'}
