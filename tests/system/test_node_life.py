"""A node's life: configuration, signals, service manager, two at once, rollback, damage, full disk."""

import contextlib
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time

from nodelib import equal, event, main, until


def liuhend(node, *args):
    done = subprocess.run([os.path.join(node.bin, "liuhend"), *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def the_configuration_is_checked_and_shown(node):
    conf = os.path.join(node.dir, "liuhend.conf")
    node.add_config("log.level = debug\nclient = uid:12 sources=a types=QUERY level=2\n")
    equal(liuhend(node, "--config", conf, "--data", node.dir, "--check-config")[0], 0)
    code, out, _ = liuhend(node, "--data", node.dir, "--print-config")
    equal(code, 0)
    assert "# %s:2\nlog.level = debug\n" % conf in out, out
    assert "# command line\ndata = %s\n" % node.dir in out, out
    assert "# default\nlimits.body = 8MiB\n" in out, out
    assert "client = uid:12 sources=a types=QUERY level=2\n" in out, out
    with open(conf, "w", encoding="utf-8") as file:  # what was printed is a configuration
        file.write(out)
    equal(liuhend(node, "--config", conf, "--check-config")[0], 0)
    node.add_config("log.levle = info\n")
    code, _, err = liuhend(node, "--data", node.dir, "--check-config")
    assert code == 2 and 'unknown key "log.levle", did you mean "log.level"?' in err, err
    assert "liuhend.conf:" in err
    equal(liuhend(node)[0], 2)
    equal(liuhend(node, "--no-such")[0], 2)
    equal(liuhend(node, "--version")[0], 0)
    code, out, _ = liuhend(node, "--help")
    assert code == 0 and "heartbeat.idle" in out


def sigterm_drains_and_ends_with_nothing_lost(node):
    node.begin()
    got = []

    def send():
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                got.append(node.record(*[event() for _ in range(500)]))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: got, "nothing was recorded")  # and much is on its way
    node.stop()
    for thread in threads:
        thread.join()
    assert not os.path.exists(node.socket)
    assert "node.stopped" in node.logged()
    node.start()
    kept = [reply for reply in got if reply.status == 201]
    assert kept, [reply.status for reply in got]
    for reply in kept[-3:]:
        for result in reply.json["results"]:
            equal(node.get("/v1/receipts/" + result["entry"]).text, result["receipt"])


def a_second_signal_ends_at_once(node):
    node.begin()
    held = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for raw in held:  # a reply nobody takes keeps a node waiting
        raw.connect(node.socket)
    for _ in range(3):
        node.record(*[event() for _ in range(900)])
    for raw in held:
        raw.settimeout(60)
        raw.sendall(b"GET /v1/archive HTTP/1.1\r\nHost: n\r\n\r\n")
        equal(raw.recv(12), b"HTTP/1.1 200")  # it began
    node.signal(signal.SIGTERM)
    until(lambda: not os.path.exists(node.socket), "it does not begin to stop")
    time.sleep(0.3)
    equal(node.process.poll(), None)
    node.signal(signal.SIGTERM)
    equal(node.process.wait(timeout=5), 128 + signal.SIGTERM)
    node.start()
    equal(node.status()["state"], "continuous")


def sighup_takes_a_good_file_whole_and_a_bad_one_not_at_all(node):
    node.begin()
    conf = os.path.join(node.dir, "liuhend.conf")
    with open(conf, "a", encoding="utf-8") as out:
        out.write("limits.events = 2\nlimits.body = 1MiB\n")
    node.signal(signal.SIGHUP)
    until(lambda: "config.reloaded" in node.logged(), "no reload")
    assert 'config.needs_restart keys="limits.body"' in node.logged()
    equal(node.record(*[event() for _ in range(3)]).status, 413)
    with open(conf, "a", encoding="utf-8") as out:
        out.write("limits.events = 500\nlimits.nothing = 1\n")
    node.signal(signal.SIGHUP)
    until(lambda: "config.refused" in node.logged(), "no refusal")
    equal(node.record(*[event() for _ in range(3)]).status, 413)


def the_service_manager_is_told(node):
    path = os.path.join(node.base, "notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(60)
    node.start(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
    assert manager.recv(4096).startswith(b"READY=1\n")
    assert manager.recv(4096).startswith(b"WATCHDOG=1\n")
    node.signal(signal.SIGHUP)
    said = manager.recv(4096)
    while said.startswith(b"WATCHDOG=1\n"):
        said = manager.recv(4096)
    assert said.startswith(b"RELOADING=1\nMONOTONIC_USEC="), said
    while said != b"READY=1":
        said = manager.recv(4096)
    node.signal(signal.SIGTERM)
    said = b""
    while b"STOPPING=1" not in said:
        said = manager.recv(4096)
    equal(node.process.wait(timeout=20), 0)


def an_idle_ledger_gets_a_heartbeat(node):
    with open(os.path.join(node.dir, "liuhend.conf"), "w", encoding="utf-8") as out:
        out.write("heartbeat.idle = 500ms\n")
    node.begin()
    until(lambda: node.status()["height"] >= 4, "no heartbeat:\n" + node.logged())
    items = node.get("/v1/trail?type=HEARTBEAT").json["items"]
    assert items and items[0]["level"] == 1, items
    assert "refused" not in node.logged()


def only_one_node_serves_a_ledger(node):
    node.begin()
    code, _, err = liuhend(node, "--data", node.dir)
    equal(code, 3, err)
    equal(node.get("/healthz").status, 200)


def a_copied_back_store_makes_the_ledger_suspect(node):
    node.begin()
    node.record(event())
    node.stop()
    store = os.path.join(node.dir, "store")
    old = os.path.join(node.base, "old")
    shutil.copytree(store, old)
    node.start()
    kept = node.record(event()).json["results"][0]
    node.record(event())
    node.stop()
    shutil.rmtree(store)
    shutil.copytree(old, store)
    node.start()
    status = node.status()
    equal(status["state"], "suspect")
    assert status["why"], status
    equal(node.get("/readyz").json["code"], "state.suspect")
    equal(node.record(event()).status, 202)
    equal(node.size(), status["size"])
    equal(node.get("/v1/entries/" + kept["entry"]).status, 404)
    equal(node.get("/v1/entries/gaj/1/0").status, 200)
    assert node.get("/v1/trail").json["items"]
    node.stop()


def a_lost_guard_makes_the_ledger_suspect(node):
    node.begin()
    node.stop()
    os.unlink(node.dir + "-guard/guard")
    node.start()
    equal(node.status()["state"], "suspect")
    assert "guard.missing" in node.logged()


def a_store_with_a_damaged_block_does_not_start(node):
    node.begin()
    for _ in range(4):
        node.record(*[event() for _ in range(200)])
    node.stop()
    store = os.path.join(node.dir, "store")
    hit = 0
    for name in os.listdir(store):
        path = os.path.join(store, name)
        if not name.endswith((".log", ".sst", ".blob")) or os.path.getsize(path) < 4096:
            continue
        with open(path, "r+b") as file:  # every page of it
            for at in range(2048, os.path.getsize(path), 4096):
                file.seek(at)
                byte = file.read(1)
                file.seek(at)
                file.write(bytes([byte[0] ^ 0x40]))
                hit += 1
    assert hit > 0
    node.start(wait=False)
    with contextlib.suppress(AssertionError):  # it ended
        node.wait_ready()
    code = node.process.poll()
    if code is None:  # what is readable was cut to whole blocks: then it must not pass for current
        equal(node.status()["state"], "suspect")
    else:
        equal(code, 4, node.logged())
        assert "reason=" in node.logged()


def a_full_disk_ends_the_process_and_loses_nothing_acknowledged(node):
    node.begin()
    kept = node.record(event()).json["results"][0]
    node.stop()

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (120000, 120000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    with open(node.log, "ab") as log:
        node.process = subprocess.Popen(
            [os.path.join(node.bin, "liuhend"), "--data", node.dir], stderr=log,
            preexec_fn=little_room, restore_signals=False)
    node.wait_ready()
    acknowledged = [kept]
    for _ in range(200):
        try:
            reply = node.record(*[event() for _ in range(20)])
        except Exception:  # the reply never came  # pylint: disable=broad-except
            break
        if reply.status == 201:
            acknowledged += reply.json["results"]
    equal(node.process.wait(timeout=60), 5, node.logged())
    assert "ledger.failed" in node.logged()
    node.start()
    equal(node.status()["state"], "continuous", node.logged())
    for result in acknowledged:
        equal(node.get("/v1/receipts/" + result["entry"]).text, result["receipt"])
    node.record(event())


def a_bad_start_names_what_is_wrong(node):
    def fails_with(words, code=3):
        got, _, err = liuhend(node, "--data", node.dir)
        equal(got, code, err)
        assert words in err, err

    os.chmod(os.path.join(node.dir, "keys/seal-1.pem"), 0o644)
    fails_with("seal key")
    os.chmod(os.path.join(node.dir, "keys/seal-1.pem"), 0o600)
    recorder = os.path.join(node.dir, "keys/recorder.pem")
    os.rename(recorder, recorder + "-")
    fails_with("recorder key")
    shutil.copy(os.path.join(node.dir, "keys/officer-1.pem"), recorder)
    fails_with("not the recorder key that the genesis, or an epoch, names")
    os.rename(recorder + "-", recorder)
    node.add_config("department = mzj\n")
    fails_with("department = mzj, and ")
    node.add_config("department = gaj\nlog.format = json\n")
    node.start()
    node.stop()
    for line in node.logged().splitlines():
        assert set(json.loads(line)) == {"time", "level", "event", "fields"}, line


def files_that_are_damaged_or_no_files_are_named(node):
    def fails_with(words, code=3):
        got, _, err = liuhend(node, "--data", node.dir)
        equal(got, code, err)
        assert words in err, err

    @contextlib.contextmanager
    def in_place_of(name, content=None):
        path = os.path.join(node.dir, name)
        os.rename(path, path + "-")
        if content is None:
            os.mkfifo(path)
        else:
            with open(path, "wb") as file:
                file.write(content)
        yield path
        os.unlink(path)
        os.rename(path + "-", path)

    for name in ("genesis.lhg", "enrolment.lhe"):
        with in_place_of(name) as path:
            fails_with(path + ": not a regular file")
        with in_place_of(name, b"x" * 100) as path:
            fails_with(path + ": ")
    with open(os.path.join(node.dir, "enrolment.lhe"), "rb") as file:
        whole = file.read()
    node.add_config("department = gaj\n")
    with in_place_of("enrolment.lhe", whole.replace(b"gaj", b"gak")) as path:
        fails_with(path)
    with in_place_of("liuhend.conf") as path:
        fails_with(path + ": not a regular file", 2)
    equal(liuhend(node, "--config", "/dev/zero", "--data", node.dir)[0], 2)
    node.begin()
    node.stop()


def a_store_that_lost_its_current_or_its_manifest_is_damaged(node):
    node.begin()
    node.record(event())
    node.stop()
    store = os.path.join(node.dir, "store")
    manifest = next(name for name in os.listdir(store) if name.startswith("MANIFEST-"))
    for name in ("CURRENT", manifest):
        path = os.path.join(store, name)
        os.rename(path, path + "~")
        code, _, err = liuhend(node, "--data", node.dir)
        assert code == 4 and name in err, (code, err)
        os.rename(path + "~", path)
    node.start()
    equal(node.status()["state"], "continuous")


def a_manifest_with_a_hole_is_cut_by_the_command_that_the_node_names(node):
    node.begin()
    node.record(*[event() for _ in range(5)])
    size = node.size()
    node.kill()
    store = os.path.join(node.dir, "store")
    with open(os.path.join(store, "CURRENT"), encoding="utf-8") as file:
        manifest = os.path.join(store, file.read().strip())
    with open(manifest, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 0x55]))
    code, _, err = liuhend(node, "--data", node.dir)
    assert code == 4 and manifest in err, (code, err)
    subprocess.run(re.search(r"`(truncate -s \d+ [^`]*)`", err)[1].split(), check=True)
    node.start()
    equal((node.status()["state"], node.size()), ("continuous", size))


def a_guard_with_bytes_behind_it_is_no_guard(node):
    node.begin()
    node.stop()
    with open(node.dir + "-guard/guard", "ab") as file:
        file.write(b"x")
    node.start()
    equal(node.status()["state"], "suspect")
    assert "guard cannot be read" in node.status()["why"], node.status()


def the_auditors_key_is_checked_with_the_configuration(node):
    path = os.path.join(node.base, "box.pub")
    node.add_config("auditor.box = %s\n" % path)
    for content, words in ((None, "No such file"), ("rubbish\n", "box.pub: "),
                           ("ed25519:" + "A" * 43 + "=\n", "box.pub: ")):
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        code, _, err = liuhend(node, "--data", node.dir, "--check-config")
        assert code == 2 and "auditor.box" in err and words in err, (code, err)


def an_open_data_directory_is_warned_of_or_refused(node):
    os.chmod(node.dir, 0o755)
    node.begin()
    assert "data.open mode=0755" in node.logged(), node.logged()
    node.stop()
    os.chmod(node.dir, 0o770)
    code, _, err = liuhend(node, "--data", node.dir)
    assert code == 3 and "lets others write" in err, (code, err)


def another_secret_key_is_refused_and_its_file_named(node):
    node.begin()
    node.stop()
    for name in ("idempotency", "index"):
        path = os.path.join(node.dir, "keys", name + ".key")
        os.rename(path, path + "-")
        with open(path, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(os.urandom(32))
        code, _, err = liuhend(node, "--data", node.dir)
        equal(code, 3, err)
        assert path in err and "not the %s key" % name in err, err
        os.rename(path + "-", path)
    node.start()
    node.record(event())


main(the_configuration_is_checked_and_shown,
     sigterm_drains_and_ends_with_nothing_lost,
     a_second_signal_ends_at_once,
     sighup_takes_a_good_file_whole_and_a_bad_one_not_at_all,
     the_service_manager_is_told,
     an_idle_ledger_gets_a_heartbeat,
     only_one_node_serves_a_ledger,
     a_copied_back_store_makes_the_ledger_suspect,
     a_lost_guard_makes_the_ledger_suspect,
     a_store_with_a_damaged_block_does_not_start,
     a_full_disk_ends_the_process_and_loses_nothing_acknowledged,
     a_bad_start_names_what_is_wrong,
     files_that_are_damaged_or_no_files_are_named,
     a_store_that_lost_its_current_or_its_manifest_is_damaged,
     a_manifest_with_a_hole_is_cut_by_the_command_that_the_node_names,
     a_guard_with_bytes_behind_it_is_no_guard,
     the_auditors_key_is_checked_with_the_configuration,
     an_open_data_directory_is_warned_of_or_refused,
     another_secret_key_is_refused_and_its_file_named)
