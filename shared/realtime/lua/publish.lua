-- Number a durable event, keep it, and hand it to all who hold its audience.
-- KEYS session, log, due, seen (may be missing)
-- ARGV verb, inbox prefix, audience, tail of the frame, epoch if there is none,
--      now, ack deadline or '', kind, entries kept, ms kept, ms the session is kept,
--      ms seen is kept
-- Returns epoch, number, instances reached or -1 if it was published before.
local session, log, due, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local verb, prefix, audience, tail = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now, deadline = ARGV[6], ARGV[7]

local known = redis.call('HMGET', session, 'epoch', 'at', 'touched')
local epoch, at, touched = known[1], known[2], known[3]
if seen then
  local number = redis.call('GETEX', seen, 'PX', ARGV[12])
  if number then
    return {epoch or '', tonumber(number), -1}
  end
end
if not epoch then
  epoch = ARGV[5]
  redis.call('HSET', session, 'epoch', epoch)
  redis.call('DEL', log)
end
local number = redis.call('HINCRBY', session, 'seq', 1)
if deadline == '' then
  redis.call('XADD', log, 'MAXLEN', '~', ARGV[9], number .. '-0', 'f', tail)
else
  redis.call('XADD', log, 'MAXLEN', '~', ARGV[9], number .. '-0', 'f', tail, 'k', ARGV[8], 'by', deadline)
end
if seen then
  redis.call('SET', seen, number, 'PX', ARGV[12])
end
-- Both live an hour longer than promised, so that they are touched once an hour.
if not touched or tonumber(now) - tonumber(touched) > 3600000 then
  redis.call('HSET', session, 'touched', now)
  redis.call('PEXPIRE', session, ARGV[11] + 3600000)
  redis.call('PEXPIRE', log, ARGV[10] + 3600000)
end

local message = 'D' .. audience .. '\n' .. number .. '\n' .. epoch .. '\n' .. frame(number, epoch, tail)
local reached = 0
for instance in string.gmatch(at or '', '[^,]+') do
  if hand(verb, prefix .. instance, message) then
    reached = reached + 1
  end
end
if deadline ~= '' then
  if reached == 0 then
    deadline = now
    redis.call('HSET', session, 'lost', number)
  end
  redis.call('ZADD', due, 'LT', deadline, audience)
end
return {epoch, number, reached}
