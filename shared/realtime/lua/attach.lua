-- Enter a member into an audience, and read what it has missed.
-- KEYS presence, session, log, audiences of the instance, its fence
-- ARGV instance, tag, audience, now, expiry, epoch and number to resume from,
--      epoch if there is none, ms the session is kept, '1' for a client, sum of the
--      frame that was seen with that number or ''
-- Returns 1 if the log reaches, epoch, newest number, connections before,
-- number to go on from, who holds the audience if the member is new, and number
-- and tail of each event that was missed; nothing if the instance is no more.
local presence, session, log, held = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('EXISTS', KEYS[5]) == 1 then
  return {}
end
local now, expiry, resume, from = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])

local before = redis.call('ZCOUNT', presence, now, '+inf')
local added = redis.call('ZADD', presence, expiry, ARGV[1] .. '|' .. ARGV[2])
redis.call('PEXPIREAT', presence, expiry)
redis.call('SADD', held, ARGV[3])
local at = instances(presence, now)
local others = added == 1 and at or ''

local known = redis.call('HMGET', session, 'epoch', 'seq', 'acked')
local epoch, newest, acked = known[1], tonumber(known[2] or 0), tonumber(known[3] or 0)
if not epoch then
  epoch = ARGV[8]
  redis.call('DEL', log)
end
redis.call('HSET', session, 'epoch', epoch, 'at', at)
redis.call('PEXPIRE', session, ARGV[9] + 3600000)

-- rewound tells whether Redis has been taken back in time, by a restart or a
-- fail-over: then another event has the number of what was seen, or none.
local function rewound()
  if ARGV[11] == '' or resume ~= epoch then
    return false
  end
  local entry = redis.call('XRANGE', log, from .. '-0', from .. '-0')[1]
  return from > newest or entry and string.sub(redis.sha1hex(frame(from, epoch, entry[2][2])), 1, 16) ~= ARGV[11]
end

if rewound() then -- nobody's place holds any more
  epoch = ARGV[8]
  redis.call('HSET', session, 'epoch', epoch)
end
if resume == '' then
  from = ARGV[10] == '1' and acked or newest
elseif resume ~= epoch or from > newest then
  return {0, epoch, newest, before, newest, others}
end
local answer = {1, epoch, newest, before, from, others}
if newest == from then
  return answer
end
local expected = from
for _, entry in ipairs(redis.call('XRANGE', log, (from + 1) .. '-0', '+')) do
  expected = expected + 1
  if entry[1] ~= expected .. '-0' then
    break
  end
  answer[#answer + 1] = expected
  answer[#answer + 1] = entry[2][2]
end
if #answer ~= 6 + 2 * (newest - from) then
  return {0, epoch, newest, before, newest, others}
end
return answer
