"""Next times by croniter: reads lines "cron text<TAB>seconds", prints seconds or "none" for each."""
import sys
from croniter import croniter, CroniterBadDateError

for line in sys.stdin:
    text, after = line.rstrip("\n").split("\t")
    try:
        print(int(croniter(text, float(after), max_years_between_matches=9).get_next(float)))
    except CroniterBadDateError:
        print("none")
