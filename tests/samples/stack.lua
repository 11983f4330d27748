--- Stacks and what is built on them. Für Spiele: 🎲.
local M = {}

M.VERSION = "2.1"

local Stack = {}
Stack.__index = Stack

local function check(condition, message)
  if not condition then
    error(message, 3)
  end
end

--- Makes an empty stack.
-- @param limit how many values it holds at most
function Stack.new(limit)
  return setmetatable({ values = {}, size = 0, limit = limit or math.huge }, Stack)
end

--- Puts a value on top.
function Stack:push(value)
  check(self.size < self.limit, "the stack is full")
  self.size = self.size + 1
  self.values[self.size] = value
  return self
end

function Stack:pop()
  check(self.size > 0, "the stack is empty")
  local value = self.values[self.size]
  self.values[self.size] = nil
  self.size = self.size - 1
  return value
end

Stack.__len = function(self)
  return self.size
end

local operators = {
  ["+"] = function(a, b)
    return a + b
  end,
  negate = function(a)
    return -a
  end,
}

-- Works out a term in reverse Polish notation: `3 4 +`.
function M.evaluate(term)
  local stack = Stack.new()

  local function apply(operator)
    local right, left = stack:pop(), stack:pop()
    stack:push(operator(left, right))
  end

  for word in term:gmatch("%S+") do
    local number = tonumber(word)
    if number then
      stack:push(number)
    elseif operators[word] then
      apply(operators[word])
    else
      error(("can't read %q — weder Zahl noch Zeichen"):format(word))
    end
  end
  return stack:pop()
end

function M.help.usage()
  return [[
usage: stack TERM

A term is numbers and signs in reverse Polish notation.
]]
end

M.Stack = Stack

return M
