-- Begin or renew the lease of an instance. The revision that began last counts:
-- so it is with a deployment, and with a roll-back.
-- KEYS live, revision   ARGV instance, expiry, '1' to begin, own revision
-- Returns 1, or 0 if the lease is lost; and the revision that counts.
if ARGV[3] == '1' then
  redis.call('SET', KEYS[2], ARGV[4])
elseif not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return {0, ''}
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return {1, redis.call('GET', KEYS[2]) or ''}
