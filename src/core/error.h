/* error.h: the error record: what kind of failure, and a sentence about it. */
#ifndef DR_ERROR_H
#define DR_ERROR_H

/* The kinds of the public API (doc: "Errors"), in that order. */
typedef enum dr_kind {
  DR_KIND_NONE,
  DR_KIND_VALIDATION,
  DR_KIND_AUTH,
  DR_KIND_FORBIDDEN,
  DR_KIND_NOT_FOUND,
  DR_KIND_CONFLICT,
  DR_KIND_RATE_LIMITED,
  DR_KIND_SERVER,
  DR_KIND_API,
  DR_KIND_TRANSPORT,
  DR_KIND_TLS,
  DR_KIND_TIMEOUT,
  DR_KIND_LIMIT,
  DR_KIND_PROTOCOL,
  DR_KIND_CONFIG,
  DR_KIND_READ_ONLY,
  DR_KIND_AMBIGUOUS,
  DR_KIND_RUN_FAILED,
  DR_KIND_CLOSED,
  DR_KIND_MEMORY
} dr_kind;

#define DR_ERROR_TEXT 512

/* Plain data, no memory of its own: may be filled where nothing can be allocated or raised. */
typedef struct dr_error {
  dr_kind kind;
  char message[DR_ERROR_TEXT]; /* UTF-8, NUL-terminated, cut at a character's edge */
} dr_error;

/* The word that Lua sees: "not_found", "transport", … */
const char *dr_kind_name(dr_kind kind);

/* The kind of an HTTP status that is not a success: 401 auth, 403 forbidden, 404 not_found,
   409 conflict, 422 validation, 429 rate_limited, 5xx server, else api. */
dr_kind dr_kind_of_status(long status);

void dr_error_clear(dr_error *e);

#define DR_SECONDS_TEXT 32

/* Writes milliseconds as seconds, the unit of all options: "0.4", "10". Returns the text. */
const char *dr_seconds(char text[DR_SECONDS_TEXT], long long ms);

/* Sets kind and message (printf-like; no floating point, so no locale). Returns e->kind. */
dr_kind dr_error_set(dr_error *e, dr_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
