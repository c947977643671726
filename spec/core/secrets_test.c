/* secrets_test.c: the forms in which a text shows a secret, and those that only look like one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/secret.h"

static int failures, no_memory;

static void expect(const char *what, int expected, int got) {
  if (expected == got) return;
  failures++;
  fprintf(stderr, "%s: %d expected, got %d\n", what, expected, got);
}

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  (void)ud, (void)old;
  if (size == 0) {
    free(block);
    return NULL;
  }
  return no_memory ? NULL : realloc(block, size);
}

static dr_secrets secrets = {{allocate, NULL}, NULL};

static int in(const char *text) {
  return dr_secrets_in(&secrets, text, strlen(text));
}

typedef struct row {
  const char *secret, *text;
  int shows;
} row;

static const row rows[] = {
    {"a b<c>\"&'/", "a b<c>\"&'/", 1},
    {"a b<c>\"&'/", "..a+b%3Cc%3e%22%26%27%2f..", 1},
    {"a b<c>\"&'/", "a b&lt;c&gt;&quot;&amp;&apos;/", 1},
    {"a b<c>\"&'/", "a b&#60;c&#x3E;&#X22;&#38;&#39;&#47;", 1},
    {"a b<c>\"&'/", "a b\\u003cc\\u003E\\\"\\u0026'\\/", 1},
    {"a b<c>\"&'/", "a b\\x3cc\\x3E\\x22\\x26'\\/", 1},
    {"a b<c>\"&'/", "a b%5Cu003cc%5cu003E%22%26'/", 1}, /* an escape within an escape */
    {"a b<c>\"&'/", "a b&amp;lt;c&amp;gt;&amp;quot;&amp;amp;&amp;apos;/", 1},
    {"a b<c>\"&'/", "a b&lt;c&gt;&quot;&amp;&apos;", 0}, /* cut */
    {"a b<c>\"&'/", "a b&ltc&gt;&quot;&amp;&apos;/", 0}, /* no semicolon */
    {"a b<c>\"&'/", "a b&t;c&gt;&quot;&amp;&apos;/", 0}, /* the end of a name is none */
    {"a b<c>\"&'/", "a b&;c&gt;&quot;&amp;&apos;/", 0},
    {"a b<c>\"&'/", "a b&#;c&gt;&quot;&amp;&apos;/", 0},
    {"a b<c>\"&'/", "a b&#x;c&gt;&quot;&amp;&apos;/", 0},
    {"a b<c>\"&'/", "a b&#6a;c&gt;&quot;&amp;&apos;/", 0}, /* no digit of ten */
    {"a b<c>\"&'/", "a b&#xg;c&gt;&quot;&amp;&apos;/", 0},
    {"a b<c>\"&'/", "a b&#9999999;c&gt;&quot;&amp;&apos;/", 0}, /* past Unicode */
    {"a b<c>\"&'/", "a b&#000000000060;c&gt;", 0},              /* longer than is read */
    {"a b<c>\"&'/", "a b%3c%C%3e", 0},
    {"a b<c>\"&'/", "a b\\u003", 0},
    {"a b<c>\"&'/", "a b\\", 0},
    {"a b<c>\"&'/", "a b\\<c\\>\\\"\\&\\'\\/", 1},
    {"a b<c>\"&'/", "a\\ b<c>\"&'/", 0},
    {"caf\xC3\xA9-caf\xC3\xA9", "caf\\u00e9-caf&#233;", 1},
    {"caf\xC3\xA9-caf\xC3\xA9", "caf%C3%A9-caf%c3%a9", 1},
    {"caf\xC3\xA9-caf\xC3\xA9", "caf\\u00c3\\u00a9-caf\xC3\xA9",
     1}, /* bytes taken for characters */
    {"caf\xC3\xA9-caf\xC3\xA9", "caf\\u00e8-caf\\u00e9", 0},
    {"12345678\xE2\x82\xAC", "12345678\\u20AC", 1},
    {"12345678\xE2\x82\xAC", "12345678&#8364;", 1},
    {"12345678\xE2\x82\xAC", "12345678\\u20AD", 0},
    {"12345678\xE2\x82", "12345678\\u20AC", 0}, /* the secret ends within the character */
    {"12345678\xF0\x9F\x98\x80", "12345678&#x1F600;", 1},
    {"12345678\xF0\x9F\x98\x80", "12345678&#x1F601;", 0},
    {"first+second/=", "first+second/=", 1},
    {"\xFB\xEF\xBE\xFB\xEF\xBE\xFB\xEF\xBE", "++++++++++++", 1}, /* in base64 */
    {"\xFB\xEF\xBE\xFB\xEF\xBE\xFB\xEF\xBE", "------------", 1}, /* in that of addresses */
    {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "____________", 1},
    {"12345678", "user:12345678 in dXNlcjoxMjM0NTY3OA==", 1},
    {"12345678", "dXNlcjoxMjM0NTY3OA==", 1},
    {"12345678", "eDEyMzQ1Njc4", 1},
    {"12345678", "eHgxMjM0NTY3OA==", 1},
    {"12345678", "MTIzNDU2Nzg=", 1},
    {"12345678", "MTIzNDU3Nzg=", 0},
    {"12345678", "1234567", 0},
    {"12345678", "1234567x12345678", 1},
    {"1234567", "1234567", 0}, /* too short to be one */
};

static void forms(void) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    expect("added", DR_FAULT_NONE,
           (int)dr_secrets_add(&secrets, rows[i].secret, strlen(rows[i].secret)));
    expect(rows[i].text, rows[i].shows, in(rows[i].text));
    dr_secrets_wipe(&secrets);
    expect("none is left", 0, in(rows[i].secret));
  }
}

/* The latest 32 are known; the same again is no other. */
static void as_many_as_there_may_be(void) {
  char text[32];
  for (int i = 0; i < 40; i++)
    for (int again = 0; again < 2; again++) {
      int n = snprintf(text, sizeof text, "secret-number-%d!", i);
      dr_secrets_add(&secrets, text, (size_t)n);
    }
  for (int i = 0; i < 40; i++) {
    snprintf(text, sizeof text, "secret-number-%d!", i);
    expect(text, i >= 8, in(text));
  }
  dr_secrets_wipe(&secrets);
}

static void passwords(void) {
  static const struct {
    const char *address, *text;
    int shows;
  } addresses[] = {{"http://me:pass%2Fword@host:1", "pass/word", 1},
                   {"http://me:pass%2Fword@host:1", "pass%2Fword", 1},
                   {"me:password@host:1", "password", 1},
                   {"http://me:p@ssword@host", "p@ssword", 1},
                   {"http://password@host:1", "password", 0},
                   {"http://password.host:12345678", "12345678", 0},
                   {"http://me:@host", "me:@host", 0}};
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    expect("added", DR_FAULT_NONE, (int)dr_secrets_add_password(&secrets, addresses[i].address));
    expect(addresses[i].text, addresses[i].shows, in(addresses[i].text));
    dr_secrets_wipe(&secrets);
  }
}

static void without_memory(void) {
  no_memory = 1;
  expect("a secret", DR_FAULT_MEMORY, (int)dr_secrets_add(&secrets, "12345678", 8));
  expect("a password", DR_FAULT_MEMORY,
         (int)dr_secrets_add_password(&secrets, "http://a:12345678@b"));
  expect("nothing to keep", DR_FAULT_NONE, (int)dr_secrets_add_password(&secrets, "http://b"));
  no_memory = 0;
}

int main(void) {
  forms();
  as_many_as_there_may_be();
  passwords();
  without_memory();
  return failures > 0;
}
