-- A person's claim (one active booking per service) and mark (one new booking per so many days and kind).
-- `claim` and `mark` keys are meaningless where `person` is ''.

-- nil, {'already_booked'} or {'too_many_bookings', allowed_from_ms}
local function person_refused(person, claim, mark, now, window_ms)
  if person == '' then return nil end
  if redis.call('EXISTS', claim) == 1 then return {'already_booked'} end
  local last = tonumber(redis.call('GET', mark) or '') or nil
  if window_ms > 0 and last and now < last + window_ms then
    return {'too_many_bookings', string.format('%.0f', last + window_ms)}
  end
  return nil
end

-- A write. The mark outlives its window by nothing: a simulated clock only makes it end later.
-- It counts from the instant that the booking's event tells, so that the log can say it again.
local function person_taken(person, claim, mark, reference, created, window_ms)
  if person == '' then return end
  redis.call('SET', claim, reference)
  if window_ms > 0 then
    redis.call('SET', mark, created, 'PX', window_ms)
  end
end
