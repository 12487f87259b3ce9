#!lua flags=allow-oom
-- Moves a group's cursors, if its lease is still ours.
-- KEYS: 1 lease, 2.. cursors   ARGV: 1 token, 2.. entry id for each cursor
-- Returns: {'ok'} or {'lost'}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'lost'} end
for i = 2, #KEYS do redis.call('SET', KEYS[i], ARGV[i]) end
return {'ok'}
