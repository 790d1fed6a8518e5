-- Find instances to clean up. One whose lease is over cannot renew it from here
-- on, but what it had under way may still arrive: so it is looked at again later.
-- KEYS live, dead   ARGV now, when to look again, most
-- Returns those whose lease is over now, and those to look at again.
local over = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[3])
local again = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[3])
for _, instance in ipairs(over) do
  redis.call('ZREM', KEYS[1], instance)
  redis.call('ZADD', KEYS[2], ARGV[2], instance)
end
for _, instance in ipairs(again) do
  redis.call('ZADD', KEYS[2], ARGV[2], instance)
end
return {over, again}
