/* schedule_json.c: a schedule as the JSON object of five lists that it is on the wire. */
#include "schedule_json.h"

#include <string.h>

static void write_list(dr_writer *w, const dr_schedule *s, int i) {
  const dr_schedule_list *list = &dr_schedule_lists[i];
  uint64_t bits = dr_schedule_get(s, i);
  dr_write_key(w, list->wire, strlen(list->wire));
  dr_write_open(w, '[');
  if (s->star & list->star) {
    dr_write_string(w, "*", 1);
  } else {
    for (int v = list->min; v <= list->max; v++)
      if (bits >> v & 1) dr_write_integer(w, v);
  }
  dr_write_close(w, ']');
}

void dr_schedule_write(dr_writer *w, const dr_schedule *s) {
  dr_write_open(w, '{');
  for (int i = 0; i < 5; i++) write_list(w, s, i);
  dr_write_close(w, '}');
}

void dr_schedule_write_daily(dr_writer *w) {
  static const dr_schedule daily = {
      .minute = 1, .hour = 1, .star = DR_STAR_DAY_OF_MONTH | DR_STAR_MONTH | DR_STAR_DAY_OF_WEEK};
  dr_schedule_write(w, &daily);
}

/* An element of list i that is known to be good, and that is no star. */
static unsigned value_of(int i, const char *s, size_t len) {
  int name = dr_schedule_name(i, s, len);
  unsigned n = 0;
  if (name >= 0) return (unsigned)name;
  for (size_t k = 0; k < len; k++) n = n * 10 + (unsigned)(s[k] - '0');
  return n;
}

static void read_list(const dr_json *j, uint32_t list, int i, dr_schedule *s) {
  const dr_schedule_list *what = &dr_schedule_lists[i];
  uint64_t bits = 0;
  for (uint32_t t = list + 1; t < dr_json_end(j, list); t = dr_json_next(j, t)) {
    size_t len;
    int escaped;
    const char *text = dr_json_bytes(j, t, &len, &escaped);
    if (*text == '*') {
      s->star |= what->star;
      bits = (2ull << what->max) - (1ull << what->min);
    } else {
      bits |= 1ull << value_of(i, text, len);
    }
  }
  dr_schedule_set(s, i, bits);
}

void dr_schedule_read(const dr_json *j, uint32_t object, dr_schedule *s) {
  for (int i = 0; i < 5; i++) {
    const char *wire = dr_schedule_lists[i].wire;
    read_list(j, dr_json_member(j, object, wire, strlen(wire)), i, s);
  }
}
