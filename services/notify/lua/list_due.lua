#!lua
-- The messages of a channel to send now; those whose sender died come back into the queue first.
-- KEYS: 1 clock, 2 queue, 3 claims (by the end of their lease, in real time)   ARGV: 1 limit
-- Returns: {'ok', id...}, the longest due first
-- Event: none
-- @include clock
local t = redis.call('TIME')
local real = t[1] * 1000 + math.floor(t[2] / 1000)
local now = string.format('%.0f', clock(KEYS[1]))
local left = redis.call('ZRANGE', KEYS[3], '-inf', string.format('%.0f', real), 'BYSCORE',
  'LIMIT', 0, ARGV[1])
for _, id in ipairs(left) do
  redis.call('ZADD', KEYS[2], 0, id)
  redis.call('ZREM', KEYS[3], id)
end
local due = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
return {'ok', unpack(due)}
