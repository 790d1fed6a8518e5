-- instances returns who holds an audience now, as "a,b", and forgets members
-- whose time is over. A member is instance|tag.
local function instances(presence, now)
  redis.call('ZREMRANGEBYSCORE', presence, '-inf', '(' .. now)
  local found, names = {}, {}
  for _, member in ipairs(redis.call('ZRANGE', presence, 0, -1)) do
    local instance = string.match(member, '^[^|]+')
    if not found[instance] then
      found[instance] = true
      names[#names + 1] = instance
    end
  end
  return table.concat(names, ','), found
end

-- frame is what clients get.
local function frame(number, epoch, tail)
  return '{"n":' .. number .. ',"e":"' .. epoch .. '",' .. tail
end

-- hand gives a message to an instance and returns whether it was taken. A list
-- that nobody empties stays bounded and goes away.
local function hand(verb, inbox, message)
  local size = redis.call(verb, inbox, message)
  if verb == 'RPUSH' then
    redis.call('PEXPIRE', inbox, 30000)
    if size > 10000 then
      redis.call('RPOP', inbox)
      return false
    end
  end
  return size > 0
end
