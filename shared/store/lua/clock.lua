-- clock(key): the app's time in ms: the store's TIME plus an offset, never going back.
-- KEYS: hash {app}:clock with offset_ms (tests and stories) and last_ms (high-water mark).
local function clock(key)
  local t = redis.call('TIME')
  local kept = redis.call('HMGET', key, 'offset_ms', 'last_ms')
  local now = t[1] * 1000 + math.floor(t[2] / 1000) + (tonumber(kept[1] or '0') or 0)
  local last = tonumber(kept[2] or '0') or 0
  if now < last then now = last end
  return now
end

-- Remember that this instant was seen. A write: call it after the checks.
local function clock_seen(key, now)
  redis.call('HSET', key, 'last_ms', string.format('%.0f', now))
end
