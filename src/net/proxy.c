/* proxy.c: what a proxy said that leads to no server, in our words. */
#include "proxy.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

/* Where the proxy was named. libcurl reads these variables in this order. */
typedef struct place {
  const char *text; /* address, perhaps with name and password */
  const char *source;
} place;

static place find_proxy(const char *option) {
  static const char *const variables[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
  if (option != NULL) return (place){option, "option proxy"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    const char *text = getenv(variables[i]);
    if (text != NULL && *text) return (place){text, variables[i]};
  }
  return (place){"", "the environment"};
}

/* Host and port: behind the scheme, name and password, which nobody is shown. */
static int host_of(const place *p, const char **host) {
  const char *scheme = strstr(p->text, "://"), *login = strrchr(p->text, '@');
  *host = login != NULL ? login + 1 : scheme != NULL ? scheme + 3 : p->text;
  return (int)strcspn(*host, "/?#");
}

static void explain_login(dr_request *r, const place *p, const char *host, int len) {
  if (strchr(p->text, '@') != NULL)
    dr_error_set(&r->error, DR_KIND_AUTH,
                 "the proxy %.*s (%s) does not accept the user and password given with it", len,
                 host, p->source);
  else
    dr_error_set(&r->error, DR_KIND_AUTH,
                 "the proxy %.*s (%s) wants a user and a password: scheme://user:password@%.*s",
                 len, host, p->source, len, host);
}

static void explain_status(dr_request *r, const place *p, const char *host, int len, long status) {
  const char *server = strstr(r->url.data, "://") + 3;
  r->wire->refused = status >= 400 && status < 500 && status != 408 && status != 429;
  dr_error_set(&r->error, DR_KIND_TRANSPORT,
               "no connection: the proxy %.*s (%s) answers %ld when asked for %.*s", len, host,
               p->source, status, (int)strcspn(server, "/?"), server);
}

/* Of SOCKS. */
static int wants_login(CURL *easy) {
  long why = CURLPX_OK;
  (void)curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &why);
  return why == CURLPX_USER_REJECTED || why == CURLPX_NO_AUTH;
}

const char *dr_proxy_address(const char *option) {
  return find_proxy(option).text;
}

int dr_proxy_explain(dr_request *r, const char *option, int code) {
  long status = 0;
  const char *host;
  (void)curl_easy_getinfo(r->wire->easy, CURLINFO_HTTP_CONNECTCODE, &status);
  int login = code == CURLE_PROXY ? wants_login(r->wire->easy) : status == 401 || status == 407;
  if (r->wire->written || !(login || status >= 300)) return 0;
  place p = find_proxy(option);
  int len = host_of(&p, &host);
  if (login)
    explain_login(r, &p, host, len);
  else
    explain_status(r, &p, host, len, status);
  return 1;
}
