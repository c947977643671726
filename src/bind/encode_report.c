/* encode_report.c: what is said about wrong values: what was given, what is wrong, what to do. */
#include <string.h>

#include "validate.h"

void drl_say(lua_State *L, drl_validation *k, const drl_step *at, const char *message) {
  drl_problem(L, &k->problems, at, message, NULL, NULL);
}

/* What is allowed stays out of a line that it would make too long; `expected` has it. */
static void report(lua_State *L, drl_validation *k, const drl_step *at, const char *kind,
                   const char *got, const drl_fault *fault) {
  const char *message =
      lua_pushfstring(L, "%s%s %s%s%s", kind, got, fault->verdict, fault->fix == NULL ? "" : "; ",
                      fault->fix == NULL ? "" : fault->fix);
  size_t width = drl_path_width(at) + lua_rawlen(L, -1);
  if (fault->allowed != NULL && *fault->allowed != '\0' &&
      width + strlen(fault->allowed) <= DRL_LINE - 5)
    message = lua_pushfstring(L, "%s (%s)", message, fault->allowed);
  else
    lua_pushvalue(L, -1);
  drl_problem(L, &k->problems, at, message, got, fault->expected);
  lua_pop(L, 2);
}

void drl_refuse(lua_State *L, drl_validation *k, const drl_step *at, int index,
                const drl_fault *fault) {
  char got[DRL_TEXT_MAX];
  report(L, k, at, "", drl_text_of_value(L, index, got), fault);
}

void drl_refuse_field(lua_State *L, drl_validation *k, const dr_field *f, const drl_step *at,
                      int index, const char *verdict, const char *fix) {
  char expected[DRL_TEXT_MAX], allowed[DRL_TEXT_MAX];
  drl_refuse(L, k, at, index,
             &(drl_fault){.verdict = verdict,
                          .fix = fix,
                          .allowed = drl_text_of_limits(f, allowed),
                          .expected = drl_text_of_field(f, expected)});
}

void drl_mistyped(lua_State *L, drl_validation *k, const dr_field *f, const drl_step *at, int index,
                  const char *fix) {
  char got[DRL_TEXT_MAX], expected[DRL_TEXT_MAX], allowed[DRL_TEXT_MAX];
  const char *verdict = lua_pushfstring(L, "is not %s", drl_noun(f));
  report(L, k, at, lua_type(L, index) == LUA_TSTRING ? "the string " : "",
         drl_text_of_value(L, index, got),
         &(drl_fault){.verdict = verdict,
                      .fix = fix,
                      .allowed = drl_text_of_limits(f, allowed),
                      .expected = drl_text_of_field(f, expected)});
  lua_pop(L, 1);
}

void drl_wrong_length(lua_State *L, drl_validation *k, const dr_field *f, int index, lua_Integer n,
                      const drl_step *at) {
  char got[DRL_TEXT_MAX], expected[DRL_TEXT_MAX], allowed[DRL_TEXT_MAX];
  int list = f->type == DR_LIST;
  drl_text_of_limits(f, allowed);
  const char *message =
      n == 0 ? lua_pushfstring(L, "the %s is empty (%s)", list ? "list" : "text", allowed)
             : lua_pushfstring(L, "%I %s are too %s (%s)", n, list ? "elements" : "characters",
                               n < (lua_Integer)f->min_length ? "few" : "many", allowed);
  drl_problem(L, &k->problems, at, message, drl_text_of_value(L, index, got),
              drl_text_of_field(f, expected));
  lua_pop(L, 1);
}
