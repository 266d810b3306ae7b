"""How the demonstration speaks, and what the independent verifier answers it."""

import os
import subprocess

from demo_city import insist


def say(words):
    print("\n== " + words, flush=True)


def tell(words):
    print("   " + words, flush=True)


def show(words):
    for line in words.splitlines():
        print("   | " + line, flush=True)


def verified(city, code, *args):
    """The lines of liuhen-verify, which has to end with exit code `code`."""
    done = subprocess.run([os.path.join(city.bin, "liuhen-verify"), *args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=60, cwd=city.base)
    insist(done.returncode == code, "liuhen-verify %s: exit %d, expected %d\n%s" %
           (" ".join(args), done.returncode, code, done.stdout))
    return done.stdout.splitlines()
