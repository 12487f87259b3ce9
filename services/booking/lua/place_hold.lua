#!lua
-- A hold takes the places of one start for a client.
-- KEYS: 1 clock, 2 idempotency, 3 schedule, 4 client, 5 occupation, 6 due, 7 held, 8 days,
--       9.. taken per resource
-- ARGV: 1 fingerprint, 2 result, 3 ttl_ms, 4 schedule version, 5 occupation id, 6 occupation JSON,
--       7 until_ms, 8 held field, 9 most holds of this start, 10 hold_ttl_ms of the client's mark
--       (0: the client may have several), 11 day's name, 12 day's end_ms, 13 first cell, 14 cells,
--       15.. limit per resource
-- Returns: {'ok'} | {'replayed', result} | {'key_reused'} | {'stale'} | {'too_many_requests', ms left}
--          | {'slot_full'}
-- Event: none (bots would write the log).
-- @include clock
-- @include idempotency
-- @include places
-- @include occupations
local earlier = idempotency_earlier(KEYS[2], ARGV[1])
if earlier then return earlier end
if redis.call('GET', KEYS[3]) ~= ARGV[4] then return {'stale'} end
local now = clock(KEYS[1])
local client_ttl = tonumber(ARGV[10])
if client_ttl > 0 then
  local other = redis.call('GET', KEYS[4])
  local ends = other and tonumber(redis.call('ZSCORE', KEYS[6], other) or '')
  -- What was a hold may be the place of a booking given up meanwhile, which is due as well.
  local record = ends and redis.call('GET', string.sub(KEYS[5], 1, -#ARGV[5] - 1) .. other)
  if record and cjson.decode(record)['kind'] == 'hold' and ends > now then
    return {'too_many_requests', string.format('%.0f', ends - now)}
  end
end
if (tonumber(redis.call('HGET', KEYS[7], ARGV[8]) or '0') or 0) >= tonumber(ARGV[9]) then
  return {'slot_full'}
end
local first, count = tonumber(ARGV[13]), tonumber(ARGV[14])
local taken = slice(KEYS, 9, #KEYS - 8)
local limits = numbers(ARGV, 15, #taken)
if not places_fit(taken, first, count, limits, 1) then return {'slot_full'} end

places_add(taken, first, count, 1)
redis.call('SET', KEYS[5], ARGV[6])
occupation_due(KEYS[6], ARGV[5], ARGV[7])
redis.call('HINCRBY', KEYS[7], ARGV[8], 1)
redis.call('ZADD', KEYS[8], ARGV[12], ARGV[11])
if client_ttl > 0 then redis.call('SET', KEYS[4], ARGV[5], 'PX', client_ttl) end
idempotency_keep(KEYS[2], ARGV[1], ARGV[2], ARGV[3])
clock_seen(KEYS[1], now)
return {'ok'}
