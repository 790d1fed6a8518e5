-- Find instances to clean up: their lease is over, or whoever began has given up.
-- From here on the instance cannot renew its lease.
-- KEYS live, dead   ARGV now, when another may try, most
local answer = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[3])
for _, instance in ipairs(answer) do
  redis.call('ZREM', KEYS[1], instance)
end
for _, instance in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[3])) do
  answer[#answer + 1] = instance
end
for _, instance in ipairs(answer) do
  redis.call('ZADD', KEYS[2], ARGV[2], instance)
end
return answer
