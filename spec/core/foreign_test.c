/* foreign_test.c: what is said of replies that are not the API's, and of redirects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/foreign.h"

static int failures;

static void expect(const char *what, const char *expected, const char *got) {
  if (strcmp(expected, got) == 0) return;
  failures++;
  fprintf(stderr, "%s:\n  '%s' expected, got\n  '%s'\n", what, expected, got);
}

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  (void)ud, (void)old;
  if (size > 0) return realloc(block, size);
  free(block);
  return NULL;
}

struct reply {
  long status;
  int echoed;
  dr_buffer reply, headers;
};

static struct reply request(long status, const char *head, const char *body) {
  static const dr_memory memory = {allocate, NULL};
  struct reply r = {.status = status};
  dr_buffer_init(&r.reply, memory, SIZE_MAX);
  dr_buffer_init(&r.headers, memory, SIZE_MAX);
  dr_buffer_adds(&r.reply, body);
  dr_buffer_adds(&r.headers, head);
  return r;
}

static void give_back(struct reply *r) {
  dr_buffer_free(&r->reply);
  dr_buffer_free(&r->headers);
}

/* {=== Replies ===} */

#define WRONG "probably a wrong path or another server: is the endpoint right?"
#define GATEWAY "probably from a proxy or gateway on the way"
#define LOGIN "probably a login page: is the endpoint the address of the API?"
#define HTML "Content-Type: text/html; charset=utf-8\r\n"
#define TEXT "Content-Type: text/plain\r\n"
#define JSON "Content-Type: application/json\r\n"

static const struct {
  long status;
  const char *head, *body, *message;
  int is, hidden; /* is it no JSON for sure; a secret stands in it */
} replies[] = {
    {404, HTML, "<title>Not here</title>",
     "a page \"Not here\" of 23 bytes instead of JSON, " WRONG, 1, 0},
    {404, "", "\n <TITLE lang='x'>\n Not here\n</title>",
     "a page \"Not here\" of 37 bytes instead of JSON, " WRONG, 1, 0},
    {404, HTML, "<title>Not here</title>", "a page of 23 bytes instead of JSON, " WRONG, 1, 1},
    {404, HTML, "<title>Not here", "a page of 15 bytes instead of JSON, " WRONG, 1, 0},
    {404, HTML, "<title", "a page of 6 bytes instead of JSON, " WRONG, 1, 0},
    {404, HTML, "<title></title>", "a page of 15 bytes instead of JSON, " WRONG, 1, 0},
    {404, HTML, "<p>", "a page of 3 bytes instead of JSON, " WRONG, 1, 0},
    {404, HTML, "", "a page of 0 bytes instead of JSON, " WRONG, 1, 0},
    {200, HTML, "<title>Sign in</title>", "a page \"Sign in\" of 22 bytes instead of JSON, " LOGIN,
     1, 0},
    {200, HTML, "<title>Corporate SSO</title>",
     "a page \"Corporate SSO\" of 28 bytes instead of JSON, " LOGIN, 1, 0},
    {403, HTML, "<p>", "a page of 3 bytes instead of JSON, " GATEWAY, 1, 0},
    {407, HTML, "<p>", "a page of 3 bytes instead of JSON, " GATEWAY, 1, 0},
    {429, HTML, "<p>", "a page of 3 bytes instead of JSON, " GATEWAY, 1, 0},
    {502, HTML, "<p>", "a page of 3 bytes instead of JSON, " GATEWAY, 1, 0},
    {503, HTML, "<p>", "a page of 3 bytes instead of JSON, " GATEWAY, 1, 0},
    {504, HTML, "<p>", "a page of 3 bytes instead of JSON, " GATEWAY, 1, 0},
    {511, HTML, "<p>", "a page of 3 bytes instead of JSON, " GATEWAY, 1, 0},
    {500, HTML, "<p>",
     "a page of 3 bytes instead of JSON, probably from a server in front of the API", 1, 0},
    {404, TEXT, " no such route\r\n", "no such route", 1, 0},
    {404, "", "no such route", "no such route", 0, 0},
    {404, JSON, "no such route", "no such route", 0, 0},
    {404, TEXT, "no such route", "13 bytes that are no JSON, " WRONG, 0, 1},
    {404, TEXT, "two\nlines", "text/plain of 9 bytes instead of JSON, " WRONG, 1, 0},
    {404, TEXT, "\x7f", "text/plain of 1 bytes instead of JSON, " WRONG, 1, 0},
    {200, TEXT, "fine", "text/plain of 4 bytes instead of JSON, " WRONG, 1, 0},
    {404, TEXT, "", "text/plain of 0 bytes instead of JSON, " WRONG, 1, 0},
    {404, "Content-Type: image/png\r\n", "PNG", "image/png of 3 bytes instead of JSON, " WRONG, 1,
     0},
    {404, JSON, "{\n\"a", "4 bytes that are no JSON, " WRONG, 0, 0},
    {404, "Content-Type: application/problem+JSON;x\r\n", "\t{\n\"",
     "4 bytes that are no JSON, " WRONG, 0, 0},
};

static void tells_replies(void) {
  for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
    struct reply r = request(replies[i].status, replies[i].head, replies[i].body);
    r.echoed = replies[i].hidden;
    dr_foreign f = dr_foreign_of(r.status, r.echoed ? NULL : &r.headers, &r.reply);
    dr_error e;
    dr_foreign_told(&e, DR_KIND_API, &f);
    expect(replies[i].body, replies[i].message, e.message);
    expect(replies[i].body, replies[i].is ? "foreign" : "perhaps not",
           dr_foreign_is(&f) ? "foreign" : "perhaps not");
    give_back(&r);
  }
}

/* {=== Redirects ===} */

#define HIDDEN                                                                                     \
  "the server redirects (308) to an address that is not shown, and not followed; is the endpoint " \
  "right?"
#define NOWHERE                                                                                    \
  "the server answers 308, a redirect, without saying where to; is the endpoint right?"
#define TO(where) "the server redirects to " where ", which is not followed; is the endpoint right?"

static const struct {
  long status;
  const char *head, *message;
  int hidden;
} redirects[] = {
    {301, "Location: https://x.invalid/y\r\n", TO("https://x.invalid/y"), 0},
    {302, "Location: /y\r\n", TO("/y"), 0},
    {303, "Location: /y?a=b\r\n", TO("/y"), 0},
    {307, "Location: /y#z\r\n", TO("/y"), 0},
    {308, "Location: /y\r\n", HIDDEN, 1},
    {308, "", NOWHERE, 0},
    {308, "Location: ?a\r\n", HIDDEN, 0},
    {308, "Location: https://me:password@x.invalid/\r\n", HIDDEN, 0},
    {308, "Location: /a b\r\n", HIDDEN, 0},
    {308, "Location: /\xC3\xA9\r\n", HIDDEN, 0},
    {300, "Location: /y\r\n", "none", 0},
    {304, "Location: /y\r\n", "none", 0},
    {306, "Location: /y\r\n", "none", 0},
    {309, "Location: /y\r\n", "none", 0},
    {200, "Location: /y\r\n", "none", 0},
};

static void tells_redirects(void) {
  for (size_t i = 0; i < sizeof redirects / sizeof *redirects; i++) {
    struct reply r = request(redirects[i].status, redirects[i].head, "");
    r.echoed = redirects[i].hidden;
    dr_error e;
    expect(redirects[i].head, redirects[i].message,
           dr_redirect_told(&e, r.status, r.echoed ? NULL : &r.headers) ? e.message : "none");
    give_back(&r);
  }
}

/* A long title, type, line or address is not told. */
static void tells_nothing_long(void) {
  static const char *const heads[] = {HTML, TEXT, "", ""};
  for (int form = 0; form < 4; form++) {
    char body[1200], head[1200], xs[1001];
    memset(xs, 'x', sizeof xs - 1);
    xs[sizeof xs - 1] = '\0';
    snprintf(body, sizeof body, form == 0 ? "<title>%s</title>" : "%s", form == 2 ? "{\n" : xs);
    snprintf(head, sizeof head,
             form == 2   ? "Content-Type: %s\r\n"
             : form == 3 ? "Location: /%s\r\n"
                         : "%s",
             form < 2 ? heads[form] : xs);
    struct reply r = request(form == 3 ? 301 : 404, head, body);
    dr_foreign f = dr_foreign_of(r.status, r.echoed ? NULL : &r.headers, &r.reply);
    dr_error e;
    if (form < 3)
      dr_foreign_told(&e, DR_KIND_API, &f);
    else
      dr_redirect_told(&e, r.status, r.echoed ? NULL : &r.headers);
    expect("is it told", "no", strstr(e.message, "xxx") != NULL ? e.message : "no");
    give_back(&r);
  }
}

int main(void) {
  tells_replies();
  tells_redirects();
  tells_nothing_long();
  return failures > 0;
}
