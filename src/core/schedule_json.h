/* schedule_json.h: a schedule as the JSON object of five lists that it is on the wire. */
#ifndef DR_SCHEDULE_JSON_H
#define DR_SCHEDULE_JSON_H

#include "json_read.h"
#include "json_write.h"
#include "schedule.h"

void dr_schedule_write(dr_writer *w, const dr_schedule *s);

/* Each day at 0:00. */
void dr_schedule_write_daily(dr_writer *w);

/* Reads the object at a token, which has all five lists, valid ones. Sets the lists and their
   stars, not the steps. */
void dr_schedule_read(const dr_json *j, uint32_t object, dr_schedule *s);

#endif
