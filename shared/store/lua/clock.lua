-- clock(key): the app's time in ms: the store's TIME plus an offset, never going back.
-- KEYS: hash {app}:clock with offset_ms (tests and stories), last_ms (high-water mark) and closed
-- (while the store is being restored). Every transition asks for the time before its first write, so a
-- closed store is refused here, with an error that the connection knows as an outage.
local function clock(key)
  local t = redis.call('TIME')
  local kept = redis.call('HMGET', key, 'offset_ms', 'last_ms', 'closed')
  if kept[3] then error({err = 'RESTORING the store is being restored'}) end
  local now = t[1] * 1000 + math.floor(t[2] / 1000) + (tonumber(kept[1] or '0') or 0)
  local last = tonumber(kept[2] or '0') or 0
  if now < last then now = last end
  return now
end

-- Remember that this instant was seen. A write: call it after the checks.
local function clock_seen(key, now)
  redis.call('HSET', key, 'last_ms', string.format('%.0f', now))
end
