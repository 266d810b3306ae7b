"""For whom the node seals what is private: the auditors' key of the settings until an entry names
another, and back when that one has ended."""

import os
import subprocess
import sys

from nodelib import enact, equal, event, main, must, now, private_archive

TOOLS = sys.argv[2]


def key(node, name, alg="x25519"):
    path = os.path.join(node.base, name)
    out = must(node, "keygen", "--alg", alg, "-o", path + ".pem")
    with open(path + ".pub", encoding="ascii") as file:
        return path + ".pem", file.read().strip(), out.split("key id")[1].split()[0]


def epoch(node, public, **more):
    return enact(node, type="KEYEPOCH",
               detail=dict({"purpose": 10, "key": public, "valid_from": now(-60)}, **more))


def record(node):
    """An entry about somebody; its index."""
    made = event(subjects=[{"role": "principal", "type": "passport", "id": "E12345678"}])
    reply = node.record(made)
    equal(reply.status, 201, reply.text)
    return int(reply.json["results"][0]["entry"].split("/")[2])


def opened(node, pem):
    """What becomes of each box under a key: {index: "yes" | "no" | "none"}."""
    path = os.path.join(node.base, "boxes.lhar")
    with open(path, "wb") as out:
        out.write(private_archive(node))
    done = subprocess.run([os.path.join(TOOLS, "open_boxes"), pem, path], stdout=subprocess.PIPE,
                          text=True, check=True, timeout=60)
    return {int(line.split()[0]): line.split()[1] for line in done.stdout.splitlines()}


def boxes_go_to_the_key_in_force(node):
    first, first_public, _ = key(node, "first")
    second, second_public, second_id = key(node, "second")
    third, third_public, _ = key(node, "third")
    with open(os.path.join(node.base, "first.pub"), "w", encoding="ascii") as out:
        out.write(first_public + "\n")
    node.add_config("auditor.box = %s\n" % os.path.join(node.base, "first.pub"))
    node.begin()
    at = [record(node)]
    equal(epoch(node, second_public)[0], 0)
    at.append(record(node))
    equal(epoch(node, third_public, valid_from=now(3600))[0], 0)  # not yet
    at.append(record(node))
    node.stop()
    node.start()
    at.append(record(node))
    code, _, err = enact(node, type="KEYCOMP", detail={"key_id": second_id, "since": now(-1)})
    equal(code, 0, err)
    at.append(record(node))  # nobody else's time has come: that of the settings
    equal([opened(node, first)[index] for index in at], ["yes", "no", "no", "no", "yes"])
    equal([opened(node, second)[index] for index in at], ["no", "yes", "yes", "yes", "no"])
    equal([opened(node, third)[index] for index in at], ["no"] * 5)
    equal(epoch(node, third_public)[0], 0)
    at.append(record(node))
    equal(opened(node, third)[at[-1]], "yes")


def without_any_key_there_is_no_box(node):
    pem, public, _ = key(node, "late")
    node.begin()
    at = [record(node)]
    equal(epoch(node, public)[0], 0)
    at.append(record(node))
    equal([opened(node, pem)[index] for index in at], ["none", "yes"])


def a_key_that_opens_no_box_here_is_refused(node):
    node.begin()
    _, public, _ = key(node, "sm2", alg="sm2")
    size = node.size()
    code, out, _ = epoch(node, public)
    assert code == 6 and "/detail/key" in out, (code, out)
    equal(node.size(), size)


main(boxes_go_to_the_key_in_force,
     without_any_key_there_is_no_box,
     a_key_that_opens_no_box_here_is_refused)
