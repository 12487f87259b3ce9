#!lua
-- A booking without a hold: takes its places and the person's claim at once.
-- KEYS: 1 clock, 2 idempotency, 3 schedule, 4 occupation, 5 claim, 6 mark, 7 booking, 8 day, 9 days,
--       10 outbox, 11.. taken per resource
-- ARGV: 1 fingerprint, 2 result, 3 ttl_ms, 4 schedule version, 5 occupation JSON, 6 person ('' : none),
--       7 window_ms (0: no mark), 8 reference, 9 booking JSON, 10 minute of the day, 11 day's name,
--       12 day's end_ms, 13-16 event, 17 first cell, 18 cells, 19.. limit per resource,
--       last: created_ms
-- Returns: {'ok'} | {'replayed', result} | {'key_reused'} | {'stale'} | {'reference_taken'} |
--          {'already_booked'} | {'too_many_bookings', ms} | {'slot_full'}
-- Event: booking.confirmed
-- @include clock
-- @include idempotency
-- @include places
-- @include persons
-- @include outbox
local earlier = idempotency_earlier(KEYS[2], ARGV[1])
if earlier then return earlier end
if redis.call('GET', KEYS[3]) ~= ARGV[4] then return {'stale'} end
if redis.call('EXISTS', KEYS[7]) == 1 then return {'reference_taken'} end
local now = clock(KEYS[1])
local window_ms = tonumber(ARGV[7])
local refused = person_refused(ARGV[6], KEYS[5], KEYS[6], now, window_ms)
if refused then return refused end
local first, count = tonumber(ARGV[17]), tonumber(ARGV[18])
local taken = slice(KEYS, 11, #KEYS - 10)
if not places_fit(taken, first, count, numbers(ARGV, 19, #taken), 1) then return {'slot_full'} end

places_add(taken, first, count, 1)
redis.call('SET', KEYS[4], ARGV[5])
person_taken(ARGV[6], KEYS[5], KEYS[6], ARGV[8], ARGV[#ARGV], window_ms)
redis.call('SET', KEYS[7], ARGV[9])
redis.call('ZADD', KEYS[8], ARGV[10], ARGV[8])
redis.call('ZADD', KEYS[9], ARGV[12], ARGV[11])
outbox_append(KEYS[10], ARGV, 13, 1)
idempotency_keep(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
clock_seen(KEYS[1], now)
return {'ok'}
