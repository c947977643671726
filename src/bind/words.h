/* words.h: texts of a server or a script made fit to be shown to a person. */
#ifndef DRL_WORDS_H
#define DRL_WORDS_H

#include <lua.h>

typedef enum drl_words {
  DRL_WORDS_LINE,  /* on one line */
  DRL_WORDS_LINES, /* with its lines and tabs */
  DRL_WORDS_QUOTED /* on one line, to stand between quotes */
} drl_words;

/* Of a longer text only so many bytes are shown, and "...". */
#define DRL_WORDS_MAX 65536

/* Pushes the text as a person may see it: withheld when it shows a secret of one of the state's
   open clients, in whatever form (secret.h); else with control characters and the like escaped as
   Lua writes them (printable.h). Everything of a server that goes into an error, a log event or a
   `tostring` goes through here, whole: a text that was cut may end within a secret. */
void drl_push_words(lua_State *L, const char *text, size_t len, drl_words how);

/* The same for the string on top, which is replaced. */
void drl_to_words(lua_State *L, drl_words how);

/* Makes the client at `index` one whose secrets are looked for. */
void drl_words_of_client(lua_State *L, int index);

/* core.words(text[, how]) -> text; how: "line", "lines" or "quoted" */
int drl_words_function(lua_State *L);

#endif
