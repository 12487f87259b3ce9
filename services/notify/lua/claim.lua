#!lua
-- Takes a message that is due, if it is the first in its booking's line; a reminder joins it here.
-- KEYS: 1 clock, 2 queue, 3 claims, 4 message, 5 line, 6 booking
-- ARGV: 1 id, 2 lease_ms, 3 token
-- Returns: {'ok', message as HGETALL, document of the booking or ''} | {'not_due'}
--   | {'waits'} (behind others: their outcome calls it)
-- Event: none
-- @include clock
local due = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not due or tonumber(due) > clock(KEYS[1]) then return {'not_due'} end
if redis.call('HGET', KEYS[4], 'status') ~= 'queued' then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return {'not_due'}
end
local head = redis.call('LINDEX', KEYS[5], 0)
if head and head ~= ARGV[1] then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('LREM', KEYS[5], 0, ARGV[1])
  redis.call('RPUSH', KEYS[5], ARGV[1])
  return {'waits'}
end
local t = redis.call('TIME')
local ends = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[2])

if not head then redis.call('RPUSH', KEYS[5], ARGV[1]) end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], string.format('%.0f', ends), ARGV[1])
redis.call('HSET', KEYS[4], 'claim', ARGV[3])
local booking = redis.call('HGET', KEYS[6], 'document')
return {'ok', redis.call('HGETALL', KEYS[4]), booking or ''}
