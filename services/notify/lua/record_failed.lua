#!lua
-- A message is given up. What follows it over another channel takes its place in the line.
-- KEYS: 1-8 as record_sent, 9 index:all:queued, 10 index:all:failed, 11 index:centre:queued,
--   12 index:centre:failed; with a follow-up 13 its message, 14 index:booking, 15 index:all,
--   16 index:centre
-- ARGV: 1 id, 2 token, 3 index member, 4 error, 5 attempts, 6-9 event;
--   with a follow-up 10 its id, 11 index member, 12 facts, 13 since_ms, 14 due_ms
-- Returns: {'ok'} | {'lost'}
-- Event: notification.failed
-- @include line
-- @include claimed
-- @include outbox
if not claimed(KEYS[1], ARGV[2]) then return {'lost'} end
redis.call('HSET', KEYS[1], 'status', 'failed', 'error', ARGV[4], 'attempts', ARGV[5])
redis.call('HDEL', KEYS[1], 'claim')
redis.call('ZREM', KEYS[7], ARGV[1])
redis.call('LREM', KEYS[2], 0, ARGV[1])
local due = 0
-- After a resend the follow-up may be there already: then it was sent, or is on its way.
if KEYS[13] and redis.call('EXISTS', KEYS[13]) == 0 then
  redis.call('HSET', KEYS[13], 'facts', ARGV[12], 'status', 'queued', 'attempts', 0,
    'since_ms', ARGV[13], 'due_ms', ARGV[14])
  for _, index in ipairs({KEYS[14], KEYS[15], KEYS[9], KEYS[16], KEYS[11]}) do
    redis.call('ZADD', index, 0, ARGV[11])
  end
  redis.call('LPUSH', KEYS[2], ARGV[10])
  due = ARGV[14]
end
call_head(KEYS[2], {email = KEYS[3], sms = KEYS[4]}, {email = KEYS[5], sms = KEYS[6]}, due)
redis.call('ZREM', KEYS[9], ARGV[3])
redis.call('ZADD', KEYS[10], 0, ARGV[3])
redis.call('ZREM', KEYS[11], ARGV[3])
redis.call('ZADD', KEYS[12], 0, ARGV[3])
outbox_append(KEYS[8], ARGV, 6, 1)
return {'ok'}
