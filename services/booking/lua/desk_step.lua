#!lua
-- A step of the desk (check-in, serve, no-show), its undo, or the settling of a day that is over.
-- The person's claim ends with the visit, and comes back with an undo if nobody took it meanwhile.
-- KEYS: 1 clock, 2 idempotency, 3 booking, 4 claim, 5 outbox
-- ARGV: 1 fingerprint, 2 result, 3 ttl_ms, 4 booking JSON as read, 5 booking JSON after, 6 reference,
--       7 claim: 'keep', 'release' or 'take', 8-11 event
-- Returns: {'ok'} | {'replayed', result} | {'key_reused'} | {'changed'} | {'already_booked'}
-- Event: booking.checked-in, booking.served, booking.no-show or booking.reverted
-- @include clock
-- @include idempotency
-- @include outbox
local earlier = idempotency_earlier(KEYS[2], ARGV[1])
if earlier then return earlier end
if redis.call('GET', KEYS[3]) ~= ARGV[4] then return {'changed'} end
local holder = redis.call('GET', KEYS[4])
if ARGV[7] == 'take' and holder and holder ~= ARGV[6] then return {'already_booked'} end
local now = clock(KEYS[1])

if ARGV[7] == 'take' then
  redis.call('SET', KEYS[4], ARGV[6])
elseif ARGV[7] == 'release' and holder == ARGV[6] then
  redis.call('DEL', KEYS[4])
end
redis.call('SET', KEYS[3], ARGV[5])
outbox_append(KEYS[5], ARGV, 8, 1)
idempotency_keep(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
clock_seen(KEYS[1], now)
return {'ok'}
