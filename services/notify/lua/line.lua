-- The line of a booking: list {notify}:line:<reference> of message ids, first the one to send next.
-- Only its head is in a queue (or claimed), so that a booking's messages go out in their order.

-- Puts the head in its queue, due at `due` or earlier if it was; not if a sender has it.
-- `queues`, `claims`: keys by channel, the last part of a message's id.
local function call_head(line, queues, claims, due)
  local head = redis.call('LINDEX', line, 0)
  if not head then return end
  local channel = string.match(head, '%.(%a+)$')
  if redis.call('ZSCORE', claims[channel], head) then return end
  redis.call('ZADD', queues[channel], 'LT', due, head)
end
