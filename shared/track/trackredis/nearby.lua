-- Returns the couriers near a place, the nearest first: courier, metres and
-- value of each, in turn.
--
-- KEYS: newest, places
-- ARGV: longitude, latitude, metres, limit
local near = redis.call('GEOSEARCH', KEYS[2], 'FROMLONLAT', ARGV[1], ARGV[2],
  'BYRADIUS', ARGV[3], 'm', 'ASC', 'COUNT', ARGV[4], 'WITHDIST')
if #near == 0 then return near end
local couriers, found = {}, {}
for i, hit in ipairs(near) do couriers[i] = hit[1] end
local values = redis.call('HMGET', KEYS[1], unpack(couriers))
for i, hit in ipairs(near) do
  if values[i] then
    found[#found + 1] = hit[1]
    found[#found + 1] = hit[2]
    found[#found + 1] = values[i]
  end
end
return found
