#!lua
-- Stores the services' definitions, unless somebody else did meanwhile. The centres that offer a changed
-- one are told of it afterwards, each in its own write (use case `refresh`).
-- KEYS: 1 catalogue version, 2 catalogue   ARGV: 1 version it must still be, 2 new version, 3 catalogue
-- Returns: {'ok'} | {'conflict'}
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return {'conflict'} end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[2])
return {'ok'}
