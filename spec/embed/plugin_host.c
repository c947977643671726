/* plugin_host.c: a program without Lua that loads plugin.so, which brings liblua, so that the
   symbols of liblua are visible to the modules of a script ("global") or not ("local"), or become
   so afterwards ("raised"). */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  void *plugin = dlopen(argv[2], RTLD_NOW | (strcmp(argv[1], "global") ? RTLD_LOCAL : RTLD_GLOBAL));
  if (plugin == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  if (strcmp(argv[1], "raised") == 0 &&
      dlopen("liblua5.4.so.0", RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) == NULL)
    return 2;
  const char *(*run_script)(const char *, const char *);
  *(void **)&run_script = dlsym(plugin, "run_script");
  const char *message = run_script(argv[3], argv[4]);
  if (message != NULL) printf("%s\n", message);
  return message != NULL;
}
