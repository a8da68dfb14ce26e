#!/usr/bin/env python3
"""Writes audit_chain.json: a second, plain implementation of docs/adr/0016 by Python's hashlib.

    python3 tests/vectors/make_audit_vectors.py > tests/vectors/audit_chain.json
"""
import hashlib
import hmac
import json

FIELDS = ["id", "chain", "sequence", "application", "user", "at", "actor", "action", "method",
          "result", "object", "request_id", "details", "previous_mac"]


def fields_text(fields):
    return b"".join(b"%d:%s" % (len(f), f) for f in (s.encode() for s in fields))


def chain(key, events):
    previous = ""
    for event in events:
        event["previous_mac"] = previous
        previous = hmac.new(key, fields_text([event[f] for f in FIELDS]), hashlib.sha256).hexdigest()
        event["mac"] = previous
    return events


def leaf(head):
    return hashlib.sha256(b"\0" + fields_text(head)).digest()


def node(a, b):
    return hashlib.sha256(b"\1" + a + b).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def path(leaves, at):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if at < k:
        return path(leaves[:k], at) + ["R" + root(leaves[k:]).hex()]
    return path(leaves[k:], at - k) + ["L" + root(leaves[:k]).hex()]


def main():
    key = bytes(range(32))
    name = "user:usr_01jd8f5x2k"
    actions = ["user.created", "enrollment.started", "enrollment.confirmed", "two_factor.enabled",
               "challenge.created", "challenge.verified", "challenge.verified", "factor.renamed"]
    events = chain(key, [{
        "id": "evt_%06d" % (i + 1), "chain": name, "sequence": str(i + 1), "application": "app_one",
        "user": "usr_01jd8f5x2k", "at": str(1763990000 + 7 * i), "actor": "user" if i % 2 else "key:key_a",
        "action": a, "method": "totp" if i > 1 else "", "result": "ok" if i != 6 else "code_invalid",
        "object": "enr_ä%d" % i if i > 0 else "", "request_id": "req_%d" % i,
        "details": "u." + "Q" * (50 * i) if i != 4 else "",
    } for i, a in enumerate(actions)])
    trees = []
    for n in list(range(1, 10)) + [33]:
        heads = [["user:usr_%d" % i, str(i + 3), hashlib.sha256(b"%d" % i).hexdigest()] for i in range(n)]
        leaves = [leaf(h) for h in heads]
        trees.append({"heads": heads, "root": "tree:" + root(leaves).hex(),
                      "paths": [path(leaves, i) for i in range(n)]})
    texts = [{"fields": f, "text": "twofold checkpoint %d\n" % v + "".join(x + "\n" for x in f)}
             for v, f in [(1, ["7", "1763990000", "ab" * 32, "cd" * 32]),
                          (2, ["1", "1763990060", "", trees[3]["root"]])]]
    print(json.dumps({"source": "make_audit_vectors.py", "key": key.hex(), "chain": name,
                      "events": events, "trees": trees, "texts": texts}, indent=1, ensure_ascii=False))


main()
