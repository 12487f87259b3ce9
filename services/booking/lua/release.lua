#!lua flags=allow-oom
-- An occupation gives its places back: a hold let go, or one whose time is over.
-- KEYS: 1 clock, 2 occupation, 3 due, 4 held, 5.. taken per resource
-- ARGV: 1 occupation JSON as read, 2 its end ('' : released whenever; else only once due),
--       3 occupation id, 4 held field ('' if no hold), 5 first cell, 6 cells
-- Returns: {'ok'} | {'changed'} | {'not_due'}
-- @include clock
-- @include places
-- @include occupations
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return {'changed'} end
local now = clock(KEYS[1])
if ARGV[2] ~= '' and now < tonumber(ARGV[2]) then return {'not_due'} end

places_add(slice(KEYS, 5, #KEYS - 4), tonumber(ARGV[5]), tonumber(ARGV[6]), -1)
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[3])
held_less(KEYS[4], ARGV[4])
return {'ok'}
