/* module.h: the name and version of the module. */
#ifndef DRL_MODULE_H
#define DRL_MODULE_H

#define DRL_NAME "lua-datarobot"
#define DRL_VERSION "0.1.0"

#endif
