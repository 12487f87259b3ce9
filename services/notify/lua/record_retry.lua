#!lua
-- A message goes back to its queue, to be tried (again) later; it keeps its place in the line.
-- KEYS: 1 message, 2 queue, 3 claims
-- ARGV: 1 id, 2 token, 3 due_ms, 4 attempts, 5 error ('' for none)
-- Returns: {'ok'} | {'lost'}
-- Event: none
-- @include claimed
if not claimed(KEYS[1], ARGV[2]) then return {'lost'} end
redis.call('HSET', KEYS[1], 'due_ms', ARGV[3], 'attempts', ARGV[4])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'error', ARGV[5]) end
redis.call('HDEL', KEYS[1], 'claim')
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return {'ok'}
