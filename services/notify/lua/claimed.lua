-- claimed(message, token): whether this sender still has the message.
local function claimed(message, token)
  return redis.call('HGET', message, 'claim') == token
end
