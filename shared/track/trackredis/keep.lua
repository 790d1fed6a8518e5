-- Keeps the newest fix of each courier and the pieces of trails, and begins a
-- drain if one is due. Returns how many fixes were newest, and 1 with a drain.
--
-- KEYS: newest, places, dirty, flush, trails, drains, the batch's couriers, the
-- batch's trails, and the trail of each order
-- ARGV: now, the intervals of flushes and of trails (all in milliseconds), the
-- batch, the prefix of trails, the most trails in a drain, n, n couriers, n times
-- courier and value, n times cell and courier, and for each trail its order and
-- its piece
local now, every, settle = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local n = tonumber(ARGV[7])
local values, places = 7 + n, 7 + 3 * n -- where each part begins, less one
local newer = 0

-- Takes in the part of the batch that is newer, when not all of it is.
local function keep_newer(old)
  local couriers, set, add = {}, {}, {}
  for i = 1, n do
    local value = ARGV[values + 2 * i]
    if not old[i] or value > old[i] then
      newer = newer + 1
      couriers[newer] = ARGV[7 + i]
      set[2 * newer - 1], set[2 * newer] = ARGV[7 + i], value
      add[2 * newer - 1], add[2 * newer] = ARGV[places + 2 * i - 1], ARGV[7 + i]
    end
  end
  if newer > 0 then
    redis.call('HSET', KEYS[1], unpack(set))
    redis.call('ZADD', KEYS[2], unpack(add))
    redis.call('SADD', KEYS[3], unpack(couriers))
  end
end

if n > 0 then
  local old = redis.call('HMGET', KEYS[1], unpack(ARGV, 8, values))
  local all = true
  for i = 1, n do
    if old[i] and ARGV[values + 2 * i] <= old[i] then
      all = false
      break
    end
  end
  if all then
    newer = n
    redis.call('HSET', KEYS[1], unpack(ARGV, values + 1, places))
    redis.call('ZADD', KEYS[2], unpack(ARGV, places + 1, places + 2 * n))
    redis.call('SADD', KEYS[3], unpack(ARGV, 8, values))
  else
    keep_newer(old)
  end
end

local at = places + 2 * n + 1
for i = 9, #KEYS do
  redis.call('RPUSH', KEYS[i], ARGV[at + 1])
  redis.call('ZADD', KEYS[5], 'NX', now, ARGV[at])
  at = at + 2
end

-- A deadline more than a minute further away than an interval was set by a clock
-- that is ahead.
local due = tonumber(redis.call('GET', KEYS[4]) or 0)
if now < due and due <= now + every + 60000 then return {newer, 0} end
redis.call('SET', KEYS[4], now + every)

local found = redis.call('EXISTS', KEYS[3])
if found == 1 then redis.call('RENAME', KEYS[3], KEYS[7]) end
local orders = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now - settle, 'LIMIT', 0, ARGV[6])
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
