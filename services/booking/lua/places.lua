-- Packed counts: per centre, day and resource one string of 288 unsigned 16-bit little-endian counts.
-- A visit's span is given as: a list of such keys, `first` cell, `count` of cells, and per key a limit.

local function cells_of(key, first, count)
  local raw = redis.call('GETRANGE', key, first * 2, (first + count) * 2 - 1)
  local cells = {}
  for i = 1, count do
    local low, high = string.byte(raw, i * 2 - 1, i * 2)
    cells[i] = (low or 0) + 256 * (high or 0)
  end
  return cells
end

-- Whether `adding` more fit into every cell of every key. limits: ARGV positions from `limits_at`.
local function places_fit(keys, first, count, limits, adding)
  for k, key in ipairs(keys) do
    for _, taken in ipairs(cells_of(key, first, count)) do
      if taken + adding > limits[k] then return false end
    end
  end
  return true
end

-- A write: adds `delta` to every cell; never below zero, which only a bug could ask for.
local function places_add(keys, first, count, delta)
  for _, key in ipairs(keys) do
    local packed = {}
    for i, taken in ipairs(cells_of(key, first, count)) do
      local value = math.max(0, taken + delta)
      packed[i] = string.char(value % 256, math.floor(value / 256))
    end
    redis.call('SETRANGE', key, first * 2, table.concat(packed))
  end
end

local function slice(list, from, count)
  local part = {}
  for i = 1, count do part[i] = list[from + i - 1] end
  return part
end

local function numbers(list, from, count)
  local part = {}
  for i = 1, count do part[i] = tonumber(list[from + i - 1]) end
  return part
end
