/* error.c: the words of the kinds, and messages cut to size. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
    [DR_KIND_NONE] = "none",
    [DR_KIND_VALIDATION] = "validation",
    [DR_KIND_AUTH] = "auth",
    [DR_KIND_FORBIDDEN] = "forbidden",
    [DR_KIND_NOT_FOUND] = "not_found",
    [DR_KIND_CONFLICT] = "conflict",
    [DR_KIND_RATE_LIMITED] = "rate_limited",
    [DR_KIND_SERVER] = "server",
    [DR_KIND_API] = "api",
    [DR_KIND_TRANSPORT] = "transport",
    [DR_KIND_TLS] = "tls",
    [DR_KIND_TIMEOUT] = "timeout",
    [DR_KIND_LIMIT] = "limit",
    [DR_KIND_PROTOCOL] = "protocol",
    [DR_KIND_CONFIG] = "config",
    [DR_KIND_AMBIGUOUS] = "ambiguous",
    [DR_KIND_READ_ONLY] = "read_only",
    [DR_KIND_RUN_FAILED] = "run_failed",
    [DR_KIND_CLOSED] = "closed",
    [DR_KIND_MEMORY] = "memory",
};

const char *dr_kind_name(dr_kind kind) {
  return kind_names[kind];
}

dr_kind dr_kind_of_status(long status) {
  switch (status) {
  case 401:
    return DR_KIND_AUTH;
  case 403:
    return DR_KIND_FORBIDDEN;
  case 404:
    return DR_KIND_NOT_FOUND;
  case 409:
    return DR_KIND_CONFLICT;
  case 422:
    return DR_KIND_VALIDATION;
  case 429:
    return DR_KIND_RATE_LIMITED;
  default:
    return status >= 500 && status <= 599 ? DR_KIND_SERVER : DR_KIND_API;
  }
}

void dr_error_clear(dr_error *e) {
  e->kind = DR_KIND_NONE;
  e->message[0] = '\0';
}

/* Takes an unfinished character off the end of a text that was cut. */
static void cut_at_edge(char *text, size_t len) {
  size_t lead = len;
  while (lead > 0 && len - lead < 4 && ((unsigned char)text[lead - 1] & 0xC0) == 0x80) lead--;
  if (lead == 0) return;
  unsigned char c = (unsigned char)text[lead - 1];
  size_t due = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
  if (len - lead + 1 < due) text[lead - 1] = '\0';
}

const char *dr_seconds(char text[DR_SECONDS_TEXT], long long ms) {
  int n = snprintf(text, DR_SECONDS_TEXT, "%lld.%03lld", ms / 1000, ms % 1000);
  while (n > 0 && text[n - 1] == '0') n--;
  text[n > 0 && text[n - 1] == '.' ? n - 1 : n] = '\0';
  return text;
}

dr_kind dr_error_set(dr_error *e, dr_kind kind, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(e->message, sizeof e->message, format, args);
  va_end(args);
  if (n < 0) e->message[0] = '\0';
  if (n >= (int)sizeof e->message) cut_at_edge(e->message, sizeof e->message - 1);
  e->kind = kind;
  return kind;
}
