-- Begin or renew the lease of an instance. The revision that a client came to last
-- counts: so it is with a deployment and with a roll-back, and one that is being
-- tried without traffic moves nobody.
-- KEYS live, revision
-- ARGV instance, expiry, '1' to begin, own revision, '1' if a client has come
-- Returns 1, or 0 if the lease is lost; and the revision that counts.
if ARGV[3] ~= '1' and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  return {0, ''}
end
if ARGV[5] == '1' then
  redis.call('SET', KEYS[2], ARGV[4])
end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return {1, redis.call('GET', KEYS[2]) or ''}
