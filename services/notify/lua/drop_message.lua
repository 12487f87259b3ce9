#!lua
-- A claimed message would not be true any more: it is forgotten, and the next of the line may go.
-- KEYS: 1 message, 2 line, 3 queue:email, 4 queue:sms, 5 claims:email, 6 claims:sms, 7 own claims,
--   8... indexes that hold it
-- ARGV: 1 id, 2 token, 3 index member
-- Returns: {'ok'} | {'lost'}
-- Event: none
-- @include line
-- @include claimed
if not claimed(KEYS[1], ARGV[2]) then return {'lost'} end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[7], ARGV[1])
redis.call('LREM', KEYS[2], 0, ARGV[1])
for i = 8, #KEYS do redis.call('ZREM', KEYS[i], ARGV[3]) end
call_head(KEYS[2], {email = KEYS[3], sms = KEYS[4]}, {email = KEYS[5], sms = KEYS[6]}, 0)
return {'ok'}
