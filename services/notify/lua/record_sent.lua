#!lua
-- A message was handed to its provider; the next of its booking's line may go.
-- KEYS: 1 message, 2 line, 3 queue:email, 4 queue:sms, 5 claims:email, 6 claims:sms, 7 own claims,
--   8 outbox, 9 index:all:queued, 10 index:all:sent, 11 index:centre:queued, 12 index:centre:sent
-- ARGV: 1 id, 2 token, 3 index member, 4 sent_ms, 5 attempts, 6-9 event (topic, key, headers, value)
-- Returns: {'ok'} | {'lost'} (the claim ran out, or this outcome is recorded already)
-- Event: notification.delivered
-- @include line
-- @include claimed
-- @include outbox
if not claimed(KEYS[1], ARGV[2]) then return {'lost'} end
redis.call('HSET', KEYS[1], 'status', 'sent', 'sent_ms', ARGV[4], 'attempts', ARGV[5])
redis.call('HDEL', KEYS[1], 'claim', 'error')
redis.call('ZREM', KEYS[7], ARGV[1])
redis.call('LREM', KEYS[2], 0, ARGV[1])
call_head(KEYS[2], {email = KEYS[3], sms = KEYS[4]}, {email = KEYS[5], sms = KEYS[6]}, 0)
redis.call('ZREM', KEYS[9], ARGV[3])
redis.call('ZADD', KEYS[10], 0, ARGV[3])
redis.call('ZREM', KEYS[11], ARGV[3])
redis.call('ZADD', KEYS[12], 0, ARGV[3])
outbox_append(KEYS[8], ARGV, 6, 1)
return {'ok'}
