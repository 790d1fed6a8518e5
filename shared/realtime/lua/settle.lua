-- Note that a client was pushed everything up to a number, and when to look again.
-- KEYS due, session   ARGV audience, epoch, number, newest number seen, next look or ''
local known = redis.call('HMGET', KEYS[2], 'epoch', 'seq', 'pushed')
if known[1] ~= ARGV[2] then
  return {}
end
if tonumber(ARGV[3]) > tonumber(known[3] or 0) then
  redis.call('HSET', KEYS[2], 'pushed', ARGV[3])
end
if ARGV[5] ~= '' then
  redis.call('ZADD', KEYS[1], ARGV[5], ARGV[1])
elseif known[2] == ARGV[4] then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return {}
