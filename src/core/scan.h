/* scan.h: eight bytes of a JSON string looked at at a time. */
#ifndef DR_SCAN_H
#define DR_SCAN_H

#include <stdint.h>

/* Eight equal bytes as a number. */
#define DR_EACH_BYTE(c) (0x0101010101010101u * (unsigned char)(c))

/* Of eight bytes as a number: the top bit is set of each byte that ends a run of plain bytes of a
   string: quote, backslash, control byte, not ASCII. Borrows may set more of them, but only behind
   the first in the order of the number's bytes, low to high; other bits mean nothing. */
#define DR_NOT_PLAIN(w)                                                                            \
  (((w)-DR_EACH_BYTE(' ')) | (((w) ^ DR_EACH_BYTE('"')) - DR_EACH_BYTE(1)) |                       \
   (((w) ^ DR_EACH_BYTE('\\')) - DR_EACH_BYTE(1)) | (w))

#endif
