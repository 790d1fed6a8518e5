-- Note that a client has everything up to a number.
-- KEYS session, due   ARGV epoch, number, audience
local known = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'acked')
local number, newest = tonumber(ARGV[2]), tonumber(known[2] or 0)
if known[1] ~= ARGV[1] or number > newest then
  return 0
end
if number > tonumber(known[3] or 0) then
  redis.call('HSET', KEYS[1], 'acked', number)
end
if number == newest then
  redis.call('ZREM', KEYS[2], ARGV[3])
end
return 1
