-- Take a member, or all of an instance, out of an audience.
-- KEYS presence, session, audiences of the instance
-- ARGV instance, tag or '' for all, audience, now
-- Returns how many were taken out and how many are left.
local presence, session, held = KEYS[1], KEYS[2], KEYS[3]
local instance, tag, removed = ARGV[1], ARGV[2], 0
if tag ~= '' then
  removed = redis.call('ZREM', presence, instance .. '|' .. tag)
else
  for _, member in ipairs(redis.call('ZRANGE', presence, 0, -1)) do
    if string.match(member, '^[^|]+') == instance then
      removed = removed + redis.call('ZREM', presence, member)
    end
  end
end
local at, found = instances(presence, ARGV[4])
if redis.call('EXISTS', session) == 1 then
  redis.call('HSET', session, 'at', at)
end
if not found[instance] then
  redis.call('SREM', held, ARGV[3])
end
return {removed, redis.call('ZCARD', presence)}
