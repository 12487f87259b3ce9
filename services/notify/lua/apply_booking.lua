#!lua
-- Keeps a booking's newest state, queues the messages owed for it, moves or drops its reminders.
-- KEYS: 1 booking, 2 line, 3 queue:email, 4 queue:sms, 5 claims:email, 6 claims:sms, 7 forget,
--   8 index:booking, 9 index:all, 10 index:all:queued,
--   then for each new message and after them each dropped one:
--   message, its queue, index:centre, index:centre:queued
-- ARGV: 1 expected sequence ('' for none), 2 sequence, 3 document, 4 reference, 5 forget_ms,
--   6 number of new messages, 7 number of dropped ones,
--   then for each new one: id, index member, facts, since_ms, due_ms, in_line (1 or 0);
--   then for each dropped one: id, index member
-- Returns: {'ok'} | {'stale'} (another sequence is stored: read again)
-- Event: none
-- @include line
if (redis.call('HGET', KEYS[1], 'sequence') or '') ~= ARGV[1] then return {'stale'} end
local queues = {email = KEYS[3], sms = KEYS[4]}
local claims = {email = KEYS[5], sms = KEYS[6]}
local news, drops = tonumber(ARGV[6]), tonumber(ARGV[7])

redis.call('HSET', KEYS[1], 'sequence', ARGV[2], 'document', ARGV[3])
redis.call('ZADD', KEYS[7], ARGV[5], ARGV[4])

local head = redis.call('LINDEX', KEYS[2], 0)
local k, a = 11 + 4 * news, 8 + 6 * news
for _ = 1, drops do
  local found = redis.call('HMGET', KEYS[k], 'status', 'claim')
  -- One that a sender has is left to it: it asks before trying again.
  if found[1] == 'queued' and not found[2] then
    redis.call('DEL', KEYS[k])
    redis.call('ZREM', KEYS[k + 1], ARGV[a])
    redis.call('LREM', KEYS[2], 0, ARGV[a])
    for _, index in ipairs({KEYS[8], KEYS[9], KEYS[10], KEYS[k + 2], KEYS[k + 3]}) do
      redis.call('ZREM', index, ARGV[a + 1])
    end
  end
  k, a = k + 4, a + 2
end
if redis.call('LINDEX', KEYS[2], 0) ~= head then call_head(KEYS[2], queues, claims, 0) end

k, a = 11, 8
for _ = 1, news do
  local id, member, due = ARGV[a], ARGV[a + 1], ARGV[a + 4]
  redis.call('HSET', KEYS[k], 'facts', ARGV[a + 2], 'status', 'queued', 'attempts', 0,
    'since_ms', ARGV[a + 3], 'due_ms', due)
  for _, index in ipairs({KEYS[8], KEYS[9], KEYS[10], KEYS[k + 2], KEYS[k + 3]}) do
    redis.call('ZADD', index, 0, member)
  end
  if ARGV[a + 5] == '1' then
    redis.call('RPUSH', KEYS[2], id)
    call_head(KEYS[2], queues, claims, due)
  else
    redis.call('ZADD', KEYS[k + 1], due, id)
  end
  k, a = k + 4, a + 6
end
return {'ok'}
