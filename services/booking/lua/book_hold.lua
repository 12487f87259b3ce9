#!lua
-- A live hold becomes a booking: its occupation is relabelled, the person's claim taken.
-- KEYS: 1 clock, 2 idempotency, 3 schedule, 4 occupation, 5 due, 6 held, 7 claim, 8 mark, 9 booking,
--       10 day, 11 days, 12 outbox, 13.. taken per resource
-- ARGV: 1 fingerprint, 2 result, 3 ttl_ms, 4 schedule version, 5 occupation JSON as read, 6 its end,
--       7 occupation JSON as booking, 8 occupation id, 9 held field, 10 person ('' : none),
--       11 window_ms (0: no mark), 12 reference, 13 booking JSON, 14 minute of the day, 15 day's name,
--       16 day's end_ms, 17-20 event, 21 first cell, 22 cells, 23.. capacity per resource,
--       last: created_ms
-- Returns: {'ok'} | {'replayed', result} | {'key_reused'} | {'stale'} | {'hold_expired'} |
--          {'reference_taken'} | {'already_booked'} | {'too_many_bookings', ms} | {'slot_full'}
-- Event: booking.confirmed
-- @include clock
-- @include idempotency
-- @include places
-- @include occupations
-- @include persons
-- @include outbox
local earlier = idempotency_earlier(KEYS[2], ARGV[1])
if earlier then return earlier end
if redis.call('GET', KEYS[4]) ~= ARGV[5] then return {'hold_expired'} end
local now = clock(KEYS[1])
if now >= tonumber(ARGV[6]) then return {'hold_expired'} end
if redis.call('GET', KEYS[3]) ~= ARGV[4] then return {'stale'} end
if redis.call('EXISTS', KEYS[9]) == 1 then return {'reference_taken'} end
local window_ms = tonumber(ARGV[11])
local refused = person_refused(ARGV[10], KEYS[7], KEYS[8], now, window_ms)
if refused then return refused end
-- The hold has its places already; they may no longer exist, if capacity shrank meanwhile.
local taken = slice(KEYS, 13, #KEYS - 12)
if not places_fit(taken, tonumber(ARGV[21]), tonumber(ARGV[22]), numbers(ARGV, 23, #taken), 0) then
  return {'slot_full'}
end

redis.call('SET', KEYS[4], ARGV[7])
occupation_due(KEYS[5], ARGV[8], '')
held_less(KEYS[6], ARGV[9])
person_taken(ARGV[10], KEYS[7], KEYS[8], ARGV[12], ARGV[#ARGV], window_ms)
redis.call('SET', KEYS[9], ARGV[13])
redis.call('ZADD', KEYS[10], ARGV[14], ARGV[12])
redis.call('ZADD', KEYS[11], ARGV[16], ARGV[15])
outbox_append(KEYS[12], ARGV, 17, 1)
idempotency_keep(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
clock_seen(KEYS[1], now)
return {'ok'}
