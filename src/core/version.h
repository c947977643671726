/* version.h: the name and version of all of it. */
#ifndef DR_VERSION_H
#define DR_VERSION_H

#define DR_NAME "lua-datarobot"
#define DR_VERSION "0.1.0"

/* The registry's key of the network's module, a light userdata: its dr_net. */
#define DR_NET_KEY "datarobot.net"

#endif
