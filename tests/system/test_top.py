"""liuhen top on a terminal: what it draws, and that the terminal is as before when it has gone."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

from nodelib import equal, event, main

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"


class Terminal:
    """`liuhen top` on a terminal of its own, 80 columns wide."""

    def __init__(self, node, *args, **env):
        self.seen = ""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [os.path.join(node.bin, "liuhen"), "top", "--node", "unix:" + node.socket, *args],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=dict({name: value for name, value in os.environ.items() if name != "NO_COLOR"},
                     LC_ALL="C.UTF-8", TERM="xterm", **env))
        self.slave = slave

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def wait(self, is_seen, what, seconds=30):
        end = time.monotonic() + seconds
        while not is_seen(self.seen):
            assert time.monotonic() < end, "%s: %r" % (what, self.seen[-2000:])
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 65536).decode("utf-8", "replace")

    def keys(self, text):
        os.write(self.master, text.encode())

    def ended(self):
        """Its exit code, once everything that it said was read."""
        self.wait(lambda seen: LEAVE in seen, "it does not leave")
        return self.process.wait(10)

    def settings(self):
        return termios.tcgetattr(self.slave)


def width(text):
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def frames(seen):
    """Every screen that was drawn whole, as lines."""
    return [frame.split("\x1b[J")[0].replace("\x1b[K", "").split("\r\n")
            for frame in seen.split("\x1b[H")[1:] if "\x1b[J" in frame]


def the_screen_is_drawn_again_and_the_terminal_restored(node):
    node.begin()
    node.record(event())
    for keys, code in (("\x03", 130), ("q", 0)):
        with Terminal(node, "--interval", "1", NO_COLOR="1") as top:
            top.wait(lambda seen: len(frames(seen)) >= 1, "nothing is drawn")
            assert top.settings() != top.before  # keys are not shown
            node.record(event())
            size = str(node.status()["size"])
            top.wait(lambda seen: any(size + " leaves" in line for frame in frames(seen)
                                      for line in frame), "it is not drawn again")
            top.keys(keys)
            equal(top.ended(), code)
            equal(top.settings(), top.before)
            assert top.seen.startswith(ENTER) and top.seen.rstrip().endswith(LEAVE), top.seen
            assert "\x1b[3" not in top.seen and "\x1b[1m" not in top.seen  # NO_COLOR
            for frame in frames(top.seen):
                for line in frame:
                    assert width(line) <= 80, line


def it_restores_the_terminal_when_it_is_told_to_end(node):
    node.begin()
    with Terminal(node) as top:
        top.wait(lambda seen: len(frames(seen)) >= 1, "nothing is drawn")
        assert "\x1b[1m" in top.seen  # the colours that NO_COLOR takes away
        top.process.send_signal(signal.SIGTERM)
        equal(top.ended(), 128 + signal.SIGTERM)
        equal(top.settings(), top.before)


def it_speaks_chinese_in_80_columns(node):
    node.begin()
    node.record(event())
    with Terminal(node, "--lang", "zh", NO_COLOR="1") as top:
        top.wait(lambda seen: any("磁盘" in line for frame in frames(seen) for line in frame),
                 "no line in Chinese")
        top.keys("q")
        equal(top.ended(), 0)
        for frame in frames(top.seen):
            for line in frame:
                assert width(line) <= 80, line


def a_node_that_is_away_is_said_and_waited_for(node):
    node.begin()
    with Terminal(node, "--interval", "1") as top:
        top.wait(lambda seen: len(frames(seen)) >= 1, "nothing is drawn")
        node.stop()
        top.wait(lambda seen: "does not answer" in seen, "not said")
        node.start()
        drawn = len(frames(top.seen))
        top.wait(lambda seen: any("does not answer" not in "".join(frame)
                                  for frame in frames(seen)[drawn:]), "it does not come back")
        top.keys("q")
        equal(top.ended(), 0)


def one_look_is_enough_for_scripts(node):
    node.begin()
    for _ in range(3):
        node.record(event())
    run = [os.path.join(node.bin, "liuhen"), "top", "--node", "unix:" + node.socket]
    done = subprocess.run([*run, "--once"], capture_output=True, text=True, check=True, timeout=60)
    assert "\x1b" not in done.stdout and "%d recorded" % node.status()["recorded"] in done.stdout, done.stdout
    done = subprocess.run([*run, "--json"], capture_output=True, text=True, check=True, timeout=60)
    told = json.loads(done.stdout)
    equal((told["schema"], told["peers"], told["levels"]), ("liuhen.top/1", None, None))
    equal(told["status"]["recorded"], node.status()["recorded"])
    assert told["rates"]["recorded_per_s"] > 0 and told["rates"]["over_ms"] > 0, told["rates"]
    done = subprocess.run([*run, "--interval", "0"], capture_output=True, text=True, check=False,
                          timeout=60)
    equal(done.returncode, 2, done.stderr)


main(the_screen_is_drawn_again_and_the_terminal_restored,
     it_restores_the_terminal_when_it_is_told_to_end,
     it_speaks_chinese_in_80_columns,
     a_node_that_is_away_is_said_and_waited_for,
     one_look_is_enough_for_scripts)
