#!lua flags=allow-oom
-- Removes entries that are older than the retention and that every registered group has committed.
-- KEYS: 1 stream, 2 set of registered groups, 3.. the cursor of each   ARGV: 1 retention_ms
-- Returns: {'ok', removed}, or {'kept'} where a group has no cursor yet or registered meanwhile
local groups = redis.call('SCARD', KEYS[2])
if groups == 0 or groups ~= #KEYS - 2 then return {'kept'} end
local t = redis.call('TIME')
local ms = t[1] * 1000 + math.floor(t[2] / 1000) - tonumber(ARGV[1])
if ms <= 0 then return {'kept'} end
local seq = 0
for i = 3, #KEYS do
  local cursor = redis.call('GET', KEYS[i])
  if not cursor then return {'kept'} end
  local cursor_ms, cursor_seq = string.match(cursor, '^(%d+)-(%d+)$')
  cursor_ms, cursor_seq = tonumber(cursor_ms), tonumber(cursor_seq)
  if cursor_ms < ms or (cursor_ms == ms and cursor_seq < seq) then ms, seq = cursor_ms, cursor_seq end
end
return {'ok', redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f-%.0f', ms, seq))}
