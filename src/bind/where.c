/* where.c: where in the script something went wrong, and how a wrong call is raised there.

   Lua's own luaL_where and luaL_argerror name the function's caller, which may be a file of ours,
   or pcall. What the user can correct is the nearest line of the script, so the stack is searched
   for it, when an error is made and never before. */
#include "where.h"

#include <string.h>

#include <lauxlib.h>

#include "util.h"

/* Registry keys: the beginning that the chunk names of our own files share; the table of names:
   public function -> "name", or ":name" for a method; the table of places: coroutine -> where the
   script began it, for the coroutines that we make. */
static const char own_key = 0;
static const char names_key = 0;
static const char places_key = 0;

/* {=== the stack ===} */

static int is_ours(const lua_Debug *frame, const char *own, size_t len) {
  return frame->what[0] == 'C' || (own != NULL && strncmp(frame->source, own, len) == 0);
}

/* Finds the nearest Lua frame that is not ours; 0: there is none. Pushes the name of the outermost
   function below it that has one, or nil. */
static int find_script(lua_State *L, lua_Debug *frame) {
  int found = 0, own = lua_gettop(L) + 1, names = own + 1, name = own + 2;
  size_t len = 0;
  luaL_checkstack(L, 8, NULL);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key);
  lua_pushnil(L);
  const char *prefix = lua_tolstring(L, own, &len);
  for (int level = 0; !found && lua_getstack(L, level, frame); level++) {
    lua_getinfo(L, "Slf", frame);
    found = !is_ours(frame, prefix, len);
    if (!found && lua_rawget(L, names) == LUA_TSTRING)
      lua_replace(L, name);
    else
      lua_pop(L, 1);
  }
  lua_replace(L, own);
  lua_settop(L, own);
  return found;
}

/* Pushes a chunk's name as Lua shows it. That of a chunk loaded from a text is its first line: it
   is cut before a literal, which may be a token. */
static void push_source(lua_State *L, const lua_Debug *frame) {
  const char *s = frame->short_src, *text = strchr(s, '"');
  size_t len = strlen(s);
  if (frame->source[0] != '@' && frame->source[0] != '=' && text != NULL) {
    size_t keep = (size_t)(text + 1 - s) + strcspn(text + 1, "'\"[");
    if (keep + 2 < len) {
      lua_pushlstring(L, s, keep);
      lua_pushliteral(L, "...\"]");
      lua_concat(L, 2);
      return;
    }
  }
  lua_pushlstring(L, s, len);
}

void drl_push_where(lua_State *L) {
  lua_Debug frame;
  int found = find_script(L, &frame);
  lua_pop(L, 1);
  if (!found) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &places_key);
    lua_pushthread(L);
    lua_rawget(L, -2);
  } else if (frame.currentline > 0) {
    push_source(L, &frame);
    lua_pushfstring(L, "%s:%d", lua_tostring(L, -1), frame.currentline);
  } else { /* without its lines */
    lua_pushnil(L);
    lua_pushnil(L);
  }
  lua_remove(L, -2);
}

void drl_push_caller(lua_State *L) {
  lua_Debug frame;
  find_script(L, &frame);
  const char *name = lua_tostring(L, -1);
  if (name == NULL || *name != ':') return;
  lua_pushstring(L, name + 1);
  lua_remove(L, -2);
}

/* {=== raising ===} */

/* Raises the text on top. */
static int raise_text(lua_State *L) {
  drl_push_where(L);
  if (!lua_isnil(L, -1)) {
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -1), lua_tostring(L, -2));
    return lua_error(L);
  }
  lua_pop(L, 1);
  return lua_error(L);
}

int drl_raise(lua_State *L, const char *format, ...) {
  va_list args;
  va_start(args, format);
  lua_pushvfstring(L, format, args);
  va_end(args);
  return raise_text(L);
}

int drl_argument(lua_State *L, int arg, const char *text) {
  lua_Debug frame;
  find_script(L, &frame);
  const char *name = lua_tostring(L, -1);
  if (name == NULL) name = "?";
  if (*name == ':') {
    name++;
    arg--;
  }
  if (arg == 0) return drl_raise(L, "calling '%s' on bad self (%s)", name, text);
  return drl_raise(L, "bad argument #%d to '%s' (%s)", arg, name, text);
}

int drl_argument_type(lua_State *L, int arg, const char *expected) {
  const char *got = luaL_typename(L, arg);
  if (luaL_getmetafield(L, arg, "__name") == LUA_TSTRING &&
      strcmp(lua_tostring(L, -1), expected) != 0) /* a stranger may bear the name */
    got = lua_tostring(L, -1);
  else if (lua_type(L, arg) == LUA_TLIGHTUSERDATA)
    got = "light userdata";
  return drl_argument(L, arg, lua_pushfstring(L, "%s expected, got %s", expected, got));
}

void drl_check_type(lua_State *L, int arg, int type) {
  if (lua_type(L, arg) != type) drl_argument_type(L, arg, lua_typename(L, type));
}

const char *drl_check_string(lua_State *L, int arg, size_t *len) {
  const char *text = lua_tolstring(L, arg, len);
  if (text == NULL) drl_argument_type(L, arg, "string");
  return text;
}

/* {=== for the Lua half ===} */

/* Where the folder above that of a file begins: behind its last '/' but one; NULL when there is
   none. */
static const char *above(const char *source) {
  const char *end = strrchr(source, '/');
  while (end != NULL && end > source && end[-1] != '/') end--;
  return end == source ? NULL : end;
}

/* own(): whatever is below the folder above that of the file that calls this is ours. */
static int own(lua_State *L) {
  lua_Debug frame;
  if (!lua_getstack(L, 1, &frame)) return 0;
  lua_getinfo(L, "S", &frame);
  const char *end = above(frame.source);
  if (end != NULL && frame.source[0] == '@')
    lua_pushlstring(L, frame.source, (size_t)(end - frame.source));
  else
    lua_pushstring(L, frame.source); /* all of us in one chunk */
  lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
  return 0;
}

/* name(table, prefix): its functions are public, by their names there; prefix ":" for methods.
   name(f, name): this one is. */
static int name(lua_State *L) {
  luaL_checkstring(L, 2);
  if (!lua_isfunction(L, 1)) luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key);
  if (lua_isfunction(L, 1)) {
    lua_insert(L, 1);
    lua_rawset(L, 1);
    return 0;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkstring(L, 2);
  for (lua_pushnil(L); lua_next(L, 1);) {
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -3);
    lua_concat(L, 2);
    if (lua_isfunction(L, -2))
      lua_rawset(L, 3);
    else
      lua_pop(L, 2);
  }
  return 0;
}

/* raise(text): raises it at the script's line */
static int raise_at(lua_State *L) {
  lua_settop(L, 1);
  return raise_text(L);
}

/* where(): the script's line, or nil */
static int where(lua_State *L) {
  drl_push_where(L);
  return 1;
}

/* Makes a table that does not keep its keys, under a registry key; leaves it on the stack. */
static void weak_table(lua_State *L, const char *key) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void drl_where_functions(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"own", own}, {"name", name}, {"raise", raise_at}, {"where", where}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
  weak_table(L, &names_key);
  lua_pop(L, 1);
  weak_table(L, &places_key);
  lua_setfield(L, -2, "places");
}
