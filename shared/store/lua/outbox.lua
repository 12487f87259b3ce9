-- Appends encoded events (topic, key, headers, value; four arguments each) to the outbox stream.
-- A write that cannot fail: call it after the checks.
local function outbox_append(stream, args, first, count)
  for i = first, first + 4 * (count - 1), 4 do
    redis.call('XADD', stream, '*', 't', args[i], 'k', args[i + 1], 'h', args[i + 2], 'v', args[i + 3])
  end
end
