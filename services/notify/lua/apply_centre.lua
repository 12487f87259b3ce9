#!lua
-- Keeps what notify needs of a centre: its version and the epoch of its desk tokens.
-- KEYS: 1 centre, 2 desk epochs   ARGV: 1 centre id, 2 version, 3 desk epoch
-- Returns: {'ok'} | {'old'}
-- Event: none
local known = tonumber(redis.call('HGET', KEYS[1], 'version') or '-1')
if tonumber(ARGV[2]) <= known then return {'old'} end
redis.call('HSET', KEYS[1], 'version', ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return {'ok'}
