#!lua
-- Moves the simulated clock forward.
-- KEYS: 1 clock   ARGV: 1 advance_ms (>= 0)
-- Returns: {'ok', now_ms}
-- @include clock
local now = clock(KEYS[1]) + tonumber(ARGV[1])
redis.call('HINCRBY', KEYS[1], 'offset_ms', ARGV[1])
clock_seen(KEYS[1], now)
return {'ok', string.format('%.0f', now)}
