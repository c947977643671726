--- Finds an element of a list by one of its members.

--- The element of a list whose member `key` is `id`, and its index; nil when there is none.
-- @param key name of the member, default "id"
return function(items, id, key)
  for i, item in ipairs(items) do
    if item[key or "id"] == id then return item, i end
  end
  return nil
end
