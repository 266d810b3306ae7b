"""The metrics as Prometheus's own promtool judges them. Exit code 77 where there is no promtool."""

import os
import shutil
import subprocess
import sys

from nodelib import event, main

if shutil.which("promtool") is None:
    print("no promtool: `./run packages ci` installs it")
    sys.exit(77)


def judged(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def promtool_has_nothing_to_say(node):
    key = os.path.join(node.dir, "keys", "tls.pem")
    subprocess.run([os.path.join(node.bin, "liuhen"), "keygen", "--tls", "-o", key], check=True,
                   stdout=subprocess.DEVNULL)
    node.add_config("listen.tls = 127.0.0.1:0\n")  # so that all metrics there are are shown
    node.begin()
    made = event()
    for one in (made, made, event(purpose=None)):
        node.record(one)
    text = node.get("/metrics").text
    assert "liuhen_tls_certificate_end_time_seconds " in text
    disk, space = node.get("/v1/status").json["disk"], os.statvfs(node.dir)
    assert disk["total"] == space.f_blocks * space.f_frsize, (disk, space)
    assert 0 < disk["free"] <= disk["total"] and "liuhen_disk_size_bytes %d\n" % disk["total"] in text
    done = judged(text)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    # The control: what is wrong is found.
    for broken in (text.replace("# TYPE liuhen_blocks_total counter", "# TYPE liuhen_blocks_total gauge"),
                   text.replace("# HELP liuhen_queue_depth ", "# NOTE "),
                   text.replace("liuhen_connections 1", "liuhen_connections one")):
        assert broken != text
        assert judged(broken).returncode != 0, broken


main(promtool_has_nothing_to_say)
