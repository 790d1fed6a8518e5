-- Note that a client was pushed everything up to a number, and when to look again.
-- It ends the lease.
-- KEYS due, session
-- ARGV audience, epoch, number, newest number seen or '' if there is more, next
--      look or ''
-- Returns when something is due, 0 for never.
local known = redis.call('HMGET', KEYS[2], 'epoch', 'seq', 'pushed')
if known[1] ~= ARGV[2] then
  return {0}
end
redis.call('HDEL', KEYS[2], 'claimed')
if tonumber(ARGV[3]) > tonumber(known[3] or 0) then
  redis.call('HSET', KEYS[2], 'pushed', ARGV[3])
end
if ARGV[5] ~= '' then
  redis.call('ZADD', KEYS[1], 'LT', ARGV[5], ARGV[1])
elseif known[2] == ARGV[4] then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return {redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0}
