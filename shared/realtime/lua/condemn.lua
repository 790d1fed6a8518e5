-- Take charge of instances to clean up: those whose lease is over, which cannot
-- renew it from here on, and those that nobody has cleaned up after in time.
-- KEYS live, dead   ARGV now, when others may take charge, most
local over = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[3])
for _, instance in ipairs(over) do
  redis.call('ZREM', KEYS[1], instance)
  redis.call('ZADD', KEYS[2], 0, instance)
end
local all = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[3])
for _, instance in ipairs(all) do
  redis.call('ZADD', KEYS[2], ARGV[2], instance)
end
return all
