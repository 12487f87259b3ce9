#!lua
-- The projection takes a centre's document, if it is newer than the one it has.
-- KEYS: 1 centre, 2 version, 3 schedule, 4 sequence of the network, 5 changed, 6 services
-- ARGV: 1 centre id, 2 version, 3 schedule version, 4 document JSON, then per service: code, version, JSON
-- Returns: {'ok', sequence} | {'old'}
if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[2]) then return {'old'} end
local newer = {}
for i = 5, #ARGV, 3 do
  local kept = redis.call('HGET', KEYS[6], ARGV[i])
  if not kept or tonumber(string.match(kept, '^%d+')) < tonumber(ARGV[i + 1]) then
    newer[#newer + 1] = i
  end
end

for _, i in ipairs(newer) do
  redis.call('HSET', KEYS[6], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
end
redis.call('SET', KEYS[1], ARGV[4])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('SET', KEYS[3], ARGV[3])
local sequence = redis.call('INCR', KEYS[4])
redis.call('ZADD', KEYS[5], sequence, ARGV[1])
return {'ok', sequence}
