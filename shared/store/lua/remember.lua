#!lua
-- Keeps the answer of a call that changed nothing in the store, unless the key was used already.
-- KEYS: 1 idempotency record   ARGV: 1 fingerprint, 2 result, 3 ttl_ms
-- Returns: {'ok'} | {'replayed', result} | {'key_reused'}
-- @include idempotency
local earlier = idempotency_earlier(KEYS[1], ARGV[1])
if earlier then return earlier end
idempotency_keep(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
return {'ok'}
