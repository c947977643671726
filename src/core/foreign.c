/* foreign.c: a reply that is not the API's: what it is, and who may have sent it. */
#include "foreign.h"

#include <string.h>
#include <strings.h>

#include "header.h"

#define LONGEST_TITLE 100
#define LONGEST_LINE 200
#define LONGEST_ADDRESS 300
#define LOOKED_AT 16384 /* bytes of a page that may hold its title */

typedef struct span {
  const char *at;
  size_t len;
} span;

static int is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static span trimmed(span s) {
  while (s.len > 0 && is_blank(s.at[0])) s.at++, s.len--;
  while (s.len > 0 && is_blank(s.at[s.len - 1])) s.len--;
  return s;
}

/* The first place of the word, in lower case, whatever its case is there; NULL: none. */
static const char *find(span s, const char *word) {
  size_t n = strlen(word);
  for (; s.len >= n; s.at++, s.len--)
    if (strncasecmp(s.at, word, n) == 0) return s.at;
  return NULL;
}

static span behind(span s, const char *place) {
  return (span){place, s.len - (size_t)(place - s.at)};
}

static span type_of(const dr_foreign *f) {
  span s = {f->type != NULL ? f->type : "", f->type != NULL ? f->type_len : 0};
  const char *end = memchr(s.at, ';', s.len);
  if (end != NULL) s.len = (size_t)(end - s.at);
  return trimmed(s);
}

static int is_page(const dr_foreign *f, span body) {
  return find(type_of(f), "html") != NULL || (body.len > 0 && body.at[0] == '<');
}

static span title_of(const dr_foreign *f, span body) {
  span none = {"", 0};
  if (body.len > LOOKED_AT) body.len = LOOKED_AT;
  const char *at = find(body, "<title");
  if (at == NULL || !f->titled || (at = memchr(at, '>', body.len - (size_t)(at - body.at))) == NULL)
    return none;
  span title = behind(body, at + 1);
  const char *end = memchr(title.at, '<', title.len);
  if (end == NULL) return none;
  title.len = (size_t)(end - title.at);
  title = trimmed(title);
  return title.len > LONGEST_TITLE ? none : title;
}

/* A plain text of one line is a message, no page. */
static int is_line(const dr_foreign *f, span body) {
  if (!f->titled || f->status < 300 || body.len == 0 || body.len > LONGEST_LINE) return 0;
  span type = type_of(f);
  if (type.len > 0 && find(type, "text/plain") == NULL && find(type, "json") == NULL) return 0;
  for (size_t i = 0; i < body.len; i++)
    if ((unsigned char)body.at[i] < ' ' || body.at[i] == 0x7f) return 0;
  return 1;
}

static int is_login(span title) {
  static const char *const words[] = {"sign in",  "sign on",  "signin",       "log in",
                                      "log on",   "login",    "single sign",  "sso",
                                      "authenti", "password", "identity prov"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (find(title, words[i]) != NULL) return 1;
  return 0;
}

static const char *guess(const dr_foreign *f, span title) {
  if (is_login(title)) return "probably a login page: is the endpoint the address of the API?";
  switch (f->status) {
  case 403:
  case 407:
  case 429:
  case 502:
  case 503:
  case 504:
  case 511:
    return "probably from a proxy or gateway on the way";
  case 500:
    return "probably from a server in front of the API";
  default:
    return "probably a wrong path or another server: is the endpoint right?";
  }
}

dr_foreign dr_foreign_of(long status, const dr_buffer *headers, const dr_buffer *body) {
  dr_foreign f = {.text = body->len > 0 ? body->data : "", .len = body->len, .status = status};
  f.titled = headers != NULL;
  if (f.titled) f.type = dr_header(headers, "Content-Type", &f.type_len);
  return f;
}

static const char *shown_location(const dr_buffer *headers, size_t *len) {
  const char *to = headers != NULL ? dr_header(headers, "Location", len) : NULL;
  for (size_t i = 0; to != NULL && i < *len; i++) {
    if (to[i] == '?' || to[i] == '#')
      *len = i;
    else if (to[i] <= ' ' || to[i] > '~' || to[i] == '@' || i == LONGEST_ADDRESS)
      return NULL;
  }
  return to != NULL && *len ? to : NULL;
}

/* Whether they name an address at all; of those that nobody may see it is taken for granted. */
static int names_location(const dr_buffer *headers) {
  size_t len = 0;
  return headers == NULL || (dr_header(headers, "Location", &len) != NULL && len > 0);
}

int dr_redirect_told(dr_error *e, long status, const dr_buffer *headers) {
  size_t len = 0;
  if (status < 301 || status > 308 || (status > 303 && status < 307)) return 0;
  const char *to = shown_location(headers, &len);
  if (to != NULL)
    dr_error_set(e, DR_KIND_API,
                 "the server redirects to %.*s, which is not followed; is the endpoint right?",
                 (int)len, to);
  else if (names_location(headers))
    dr_error_set(e, DR_KIND_API,
                 "the server redirects (%ld) to an address that is not shown, and not followed; is "
                 "the endpoint right?",
                 status);
  else
    dr_error_set(e, DR_KIND_API,
                 "the server answers %ld, a redirect, without saying where to; is the endpoint "
                 "right?",
                 status);
  return 1;
}

int dr_foreign_is(const dr_foreign *f) {
  span type = type_of(f);
  return is_page(f, trimmed((span){f->text, f->len})) ||
         (type.len > 0 && find(type, "json") == NULL);
}

dr_kind dr_foreign_told(dr_error *e, dr_kind kind, const dr_foreign *f) {
  span body = trimmed((span){f->text, f->len}), type = type_of(f);
  int page = is_page(f, body);
  span title = page ? title_of(f, body) : (span){"", 0};
  if (!page && is_line(f, body)) return dr_error_set(e, kind, "%.*s", (int)body.len, body.at);
  if (title.len > 0)
    return dr_error_set(e, kind, "a page \"%.*s\" of %zu bytes instead of JSON, %s", (int)title.len,
                        title.at, f->len, guess(f, title));
  if (page)
    return dr_error_set(e, kind, "a page of %zu bytes instead of JSON, %s", f->len,
                        guess(f, title));
  if (type.len > 0 && type.len <= LONGEST_TITLE && find(type, "json") == NULL)
    return dr_error_set(e, kind, "%.*s of %zu bytes instead of JSON, %s", (int)type.len, type.at,
                        f->len, guess(f, title));
  return dr_error_set(e, kind, "%zu bytes that are no JSON, %s", f->len, guess(f, title));
}
