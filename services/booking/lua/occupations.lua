-- Occupations: one record for all that takes places (hold, booking, cooling, offer).
-- Record: string key {booking}:occupation:<id>, JSON; `{booking}:due` has those that end by themselves.

local function occupation_due(due, id, until_ms)
  if until_ms == '' or until_ms == '0' then
    redis.call('ZREM', due, id)
  else
    redis.call('ZADD', due, until_ms, id)
  end
end

-- One hold less at this start.
local function held_less(held, field)
  if field ~= '' and redis.call('HINCRBY', held, field, -1) <= 0 then
    redis.call('HDEL', held, field)
  end
end
