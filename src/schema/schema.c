/* schema.c: look-up by name, and the nearest legal word to a slip. */
#include "schema.h"

#include <string.h>

#include "../core/json_read.h"
#include "../core/name.h"

const dr_schema *const dr_kinds[] = {&dr_policy_create,
                                     &dr_policy_update,
                                     &dr_retraining_settings_update,
                                     &dr_settings_update,
                                     &dr_model_replacement,
                                     &dr_replacement_check,
                                     &dr_challenger_create,
                                     &dr_challenger_update,
                                     &dr_run_update,
                                     &dr_deployment_update,
                                     &dr_deployment_status_update,
                                     &dr_challenger_replay,
                                     &dr_challenger_replay_settings,
                                     &dr_health_settings_update,
                                     NULL};

const dr_schema *dr_schema_of_kind(const char *kind) {
  for (const dr_schema *const *s = dr_kinds; *s != NULL; s++)
    if (strcmp((*s)->name, kind) == 0) return *s;
  return NULL;
}

const dr_field *dr_schema_field(const dr_schema *s, const char *name, size_t len) {
  for (const dr_field *f = s->fields; f->wire != NULL; f++) {
    size_t wlen = strlen(f->wire);
    if (wlen == len && memcmp(f->wire, name, len) == 0) return f;
    if (dr_name_matches(f->wire, wlen, name, len)) return f;
  }
  return NULL;
}

int dr_field_has(const dr_field *f, double number) {
  const int *n = f->among;
  while (n != NULL && *n != 0 && number != *n) n++;
  return n == NULL || *n != 0;
}

/* {=== the nearest word ===} */

/* A word as it is compared: lower case, without '_', '-' and blanks. */
typedef struct folded {
  size_t len;
  char text[DR_NAME_MAX];
} folded;

/* Returns 0 when the word is too long to be anybody's slip. */
static int fold(folded *f, const char *s, size_t len) {
  if (len > DR_NAME_MAX) return 0;
  f->len = 0;
  for (size_t i = 0; i < len; i++) {
    char c = s[i];
    if (c == '_' || c == '-' || c == ' ') continue;
    f->text[f->len++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
  }
  return 1;
}

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours that lead from a to b. */
static unsigned distance(const folded *a, const folded *b) {
  unsigned rows[3][DR_NAME_MAX + 1];
  unsigned *older = rows[0], *old = rows[1], *now = rows[2];
  for (size_t j = 0; j <= b->len; j++) old[j] = (unsigned)j;
  for (size_t i = 1; i <= a->len; i++) {
    now[0] = (unsigned)i;
    for (size_t j = 1; j <= b->len; j++) {
      unsigned change = old[j - 1] + (a->text[i - 1] != b->text[j - 1]);
      now[j] = least(change, least(old[j], now[j - 1]) + 1);
      if (i > 1 && j > 1 && a->text[i - 1] == b->text[j - 2] && a->text[i - 2] == b->text[j - 1])
        now[j] = least(now[j], older[j - 2] + 1);
    }
    unsigned *spare = older;
    older = old;
    old = now;
    now = spare;
  }
  return old[b->len];
}

/* Whether `word` is near `given` and nearer than `*best`, which it then becomes. */
static int nearer(const folded *given, const char *word, size_t len, unsigned *best) {
  folded f;
  if (!fold(&f, word, len)) return 0;
  size_t longer = f.len > given->len ? f.len : given->len;
  unsigned d = distance(given, &f);
  if (3 * (size_t)d > longer || d >= *best) return 0;
  *best = d;
  return 1;
}

/* {=== the only word that has the given one as a part, or is a part of it ===} */

#define LEAST_PART 4

static int is_part(const folded *part, const folded *whole) {
  if (part->len < LEAST_PART) return 0;
  for (size_t i = 0; i + part->len <= whole->len; i++)
    if (memcmp(whole->text + i, part->text, part->len) == 0) return 1;
  return 0;
}

/* Makes `word` the found one where it is the first, and none where it is the second. */
static void add_part(const folded *given, const char *word, int *count, const char **found) {
  folded f;
  if (!fold(&f, word, strlen(word)) || !(is_part(given, &f) || is_part(&f, given))) return;
  *found = ++*count == 1 ? word : NULL;
}

const char *dr_nearest(const char *given, size_t len, const char *const *words) {
  folded f;
  unsigned best = DR_NAME_MAX;
  int count = 0;
  const char *found = NULL;
  if (!fold(&f, given, len) || f.len == 0) return NULL;
  for (const char *const *w = words; *w != NULL; w++)
    if (nearer(&f, *w, strlen(*w), &best)) found = *w;
  for (const char *const *w = words; *w != NULL && best == DR_NAME_MAX; w++)
    add_part(&f, *w, &count, &found);
  return found;
}

static const char *lua_name(const char *wire, char *out) {
  if (wire == NULL) return NULL;
  out[dr_name_to_lua(wire, strlen(wire), out)] = '\0';
  return out;
}

/* Folding makes a wire name and its Lua name the same. */
const char *dr_nearest_field(const dr_schema *s, const char *given, size_t len, char *out) {
  folded f;
  unsigned best = DR_NAME_MAX;
  const char *found = NULL;
  if (!fold(&f, given, len) || f.len == 0) return NULL;
  for (const dr_field *field = s->fields; field->wire != NULL; field++)
    if (nearer(&f, field->wire, strlen(field->wire), &best)) found = field->wire;
  return lua_name(found, out);
}

const char *dr_partial_field(const dr_schema *s, const char *given, size_t len, char *out) {
  folded f;
  int count = 0;
  const char *found = NULL;
  if (!fold(&f, given, len)) return NULL;
  for (const dr_field *field = s->fields; field->wire != NULL; field++)
    add_part(&f, field->wire, &count, &found);
  return lua_name(found, out);
}
