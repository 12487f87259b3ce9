#!lua flags=allow-oom
-- Recovery: keeps documents from the log that are newer than those that are there. Applies facts, asks
-- no rules, writes no outbox.
-- KEYS: one per document; the same one may come several times, in any order
-- ARGV: 1 the document's field that versions it, then per key: version, JSON
-- Returns: {'ok', how many were newer}
local versions, newest = {}, {}
for i, key in ipairs(KEYS) do
  if not versions[key] then
    local kept = redis.call('GET', key)
    versions[key] = kept and tonumber(cjson.decode(kept)[ARGV[1]]) or -1
  end
  local version = tonumber(ARGV[2 * i])
  if version > versions[key] then versions[key], newest[key] = version, i end
end
local count = 0
for key, i in pairs(newest) do
  redis.call('SET', key, ARGV[2 * i + 1])
  count = count + 1
end
return {'ok', count}
