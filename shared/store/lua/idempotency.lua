-- Idempotency records, kept in the same script as the effect they answer for.
-- Record: string key {app}:idempotency:<digest> = <fingerprint 64 hex chars><result JSON>.

-- What an earlier use of the key left: nil (none, or no key), {'replayed', result} or {'key_reused'}.
local function idempotency_earlier(key, fingerprint)
  if fingerprint == '' then return nil end
  local kept = redis.call('GET', key)
  if not kept then return nil end
  if string.sub(kept, 1, 64) == fingerprint then return {'replayed', string.sub(kept, 65)} end
  return {'key_reused'}
end

-- A write: call it after the checks.
local function idempotency_keep(key, fingerprint, result, ttl_ms)
  if fingerprint ~= '' then
    redis.call('SET', key, fingerprint .. result, 'PX', ttl_ms)
  end
end
