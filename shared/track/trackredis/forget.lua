-- Looks at some couriers, further on with every call, and forgets those whose
-- value is less than a bound. Returns how many.
--
-- KEYS: newest, places, cursor
-- ARGV: the bound, how many to look at
local page = redis.call('HSCAN', KEYS[1], redis.call('GET', KEYS[3]) or '0', 'COUNT', ARGV[2])
redis.call('SET', KEYS[3], page[1])
local forgotten = 0
for i = 1, #page[2], 2 do
  if page[2][i + 1] < ARGV[1] then
    redis.call('HDEL', KEYS[1], page[2][i])
    redis.call('ZREM', KEYS[2], page[2][i])
    forgotten = forgotten + 1
  end
end
return forgotten
