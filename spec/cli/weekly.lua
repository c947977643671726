-- A definition.
return { policies = { { name = "Weekly" } } }
