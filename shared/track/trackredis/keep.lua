-- Keeps the newest fix of each courier and the pieces of trails, and begins a
-- drain if one is due. Returns how many fixes were newest, and 1 with a drain.
--
-- KEYS: newest, places, dirty, flush, trails, drains, the batch's couriers, the
-- batch's trails, and the trail of each order
-- ARGV: now, the intervals of flushes and of trails (all in milliseconds), the
-- batch, the prefix of trails, the most trails in a drain, n, n couriers, n
-- values, n longitudes, n latitudes, and for each trail its order and its piece
local now, every, settle = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local n = tonumber(ARGV[7])
local newer = 0

if n > 0 then
  local old = redis.call('HMGET', KEYS[1], unpack(ARGV, 8, 7 + n))
  local values, places, dirty = {}, {}, {}
  for i = 1, n do
    local value, was = ARGV[7 + n + i], old[i]
    if not was or value > was then
      local courier = ARGV[7 + i]
      newer = newer + 1
      dirty[newer] = courier
      values[2 * newer - 1] = courier
      values[2 * newer] = value
      places[3 * newer - 2] = ARGV[7 + 2 * n + i]
      places[3 * newer - 1] = ARGV[7 + 3 * n + i]
      places[3 * newer] = courier
    end
  end
  if newer > 0 then
    redis.call('HSET', KEYS[1], unpack(values))
    redis.call('GEOADD', KEYS[2], unpack(places))
    redis.call('SADD', KEYS[3], unpack(dirty))
  end
end

local at = 8 + 4 * n
for i = 9, #KEYS do
  redis.call('RPUSH', KEYS[i], ARGV[at + 1])
  redis.call('ZADD', KEYS[5], 'NX', now, ARGV[at])
  at = at + 2
end

-- A deadline further away than one interval was set by a clock that is ahead.
local due = tonumber(redis.call('GET', KEYS[4]) or 0)
if now < due and due <= now + every then return {newer, 0} end
redis.call('SET', KEYS[4], now + every)

local found = 0
if redis.call('EXISTS', KEYS[3]) == 1 then
  redis.call('RENAME', KEYS[3], KEYS[7])
  found = 1
end
local orders = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now - settle, 'LIMIT', 0, tonumber(ARGV[6]))
for _, order in ipairs(orders) do
  local trail = ARGV[5] .. order
  for _, piece in ipairs(redis.call('LRANGE', trail, 0, -1)) do
    redis.call('RPUSH', KEYS[8], order, piece)
  end
  redis.call('DEL', trail)
  redis.call('ZREM', KEYS[5], order)
  found = 1
end
if found == 1 then redis.call('ZADD', KEYS[6], now, ARGV[4]) end
return {newer, found}
