"""The benchmark's column of python3-requests: WHAT ENDPOINT CA-FILE COUNT [BODY-FILE].

Prints as calls.lua does.
"""
import json
import os
import sys
import time

import requests

what, endpoint, ca_file, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
ID = "6759e8aebd38a7fca6ba234a"
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = "Bearer token-of-the-benchmark"
if ca_file:
    session.verify = ca_file


def get():
    return session.get(f"{endpoint}/deployments/{ID}/").json()["label"]


def create():
    reply = session.post(f"{endpoint}/deployments/{ID}/retrainingPolicies/", json=body)
    return reply.json()["name"]


def listing():
    read, query = 0, "offset=0&limit=100"
    while query:
        page = session.get(f"{endpoint}/deployments/?{query}").json()
        for item in page["data"]:
            if item["id"] and item["label"]:
                read += 1
        query = (page["next"] or "?").split("?")[1]
    assert read == 1000, read
    return read


if len(sys.argv) > 5:
    with open(sys.argv[5], encoding="utf-8") as file:
        body = json.load(file)
call = {"get": get, "create": create, "list": listing}[what]
call()
times = []
for _ in range(count - 1):
    begin = time.perf_counter()
    call()
    times.append(time.perf_counter() - begin)
if os.environ.get("BENCH_MEMORY"):
    with open("/proc/self/status", encoding="ascii") as file:
        print(next(line.split()[1] for line in file if line.startswith("VmHWM")))
elif times:
    times.sort()
    print(f"{times[len(times) // 2] * 1e6:.2f}")
