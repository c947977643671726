/* retry_class.h: what may be repeated. */
#ifndef DR_RETRY_CLASS_H
#define DR_RETRY_CLASS_H

/* A column of the operations table (doc: "Retries"). */
typedef enum dr_retry_class {
  DR_RETRY_SAFE,  /* repeated on transport failures, 429, 500, 502, 503, 504 */
  DR_RETRY_UNSAFE /* repeated only on 429, or where the request was never written whole */
} dr_retry_class;

#endif
