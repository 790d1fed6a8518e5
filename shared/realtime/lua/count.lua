-- Count the connections of many clients.
-- KEYS presence of each   ARGV now
-- Returns a count for each.
local counts = {}
for i, presence in ipairs(KEYS) do
  counts[i] = redis.call('ZCOUNT', presence, ARGV[1], '+inf')
end
return counts
