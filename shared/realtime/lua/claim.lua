-- Take charge of what a client has not acknowledged, until a lease ends: nobody
-- else does meanwhile, whatever is published.
-- KEYS due, session, log   ARGV audience, now, end of the lease
-- Returns epoch, newest number, number up to which no socket took anything, and
-- number, tail, kind and deadline of each event that nobody acknowledged or
-- pushed; nothing if there is nothing due.
local due, session, log = KEYS[1], KEYS[2], KEYS[3]
local score = redis.call('ZSCORE', due, ARGV[1])
if not score or tonumber(score) > tonumber(ARGV[2]) then
  return {}
end
local known = redis.call('HMGET', session, 'epoch', 'seq', 'acked', 'pushed', 'lost', 'claimed')
local newest = tonumber(known[2] or 0)
local from = math.max(tonumber(known[3] or 0), tonumber(known[4] or 0))
if not known[1] or from >= newest then
  redis.call('ZREM', due, ARGV[1])
  return {}
end
if tonumber(known[6] or 0) > tonumber(ARGV[2]) then
  return {}
end
redis.call('HSET', session, 'claimed', ARGV[3])
redis.call('ZADD', due, ARGV[3], ARGV[1])
local answer = {known[1], newest, tonumber(known[5] or 0)}
for _, entry in ipairs(redis.call('XRANGE', log, (from + 1) .. '-0', '+')) do
  local fields = entry[2]
  answer[#answer + 1] = string.match(entry[1], '^%d+')
  answer[#answer + 1] = fields[2]
  answer[#answer + 1] = fields[4] or ''
  answer[#answer + 1] = fields[6] or ''
end
return answer
