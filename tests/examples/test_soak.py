#!/usr/bin/env python3
# test-labels: slow
# test-timeout: 180
"""A short run of scripts/soak; a long one is for those who have the time."""
import contextlib
import glob
import os
import subprocess
import sys
import tempfile
import unittest

from kv_support import eventually

SCRIPT = os.path.join(os.environ.get("WEFT_SOURCE", "."), "scripts", "soak")
SECONDS = 8


def children_of(pid):
    children = set()
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            children.update(file.read().split())
    return children


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Soak(unittest.TestCase):
    def test_every_request_is_accounted_for(self):
        # So short a time is all warm-up; and a sanitizer keeps freed memory for a while.
        growth_kib = 400000 if os.environ.get("WEFT_SANITIZE") else 4096
        result = subprocess.run(
            [sys.executable, SCRIPT, "--seed", "1", "--minutes", str(SECONDS / 60), "--growth",
             str(growth_kib), "--pause", "3000", "--backend", "both", "both"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("every request is accounted for", result.stdout)

    def test_no_process_outlives_one_that_is_killed(self):
        with tempfile.TemporaryFile() as output:
            soak = subprocess.Popen([sys.executable, SCRIPT, "--minutes", "10", "echo"],
                                    stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            try:
                eventually(lambda: len(children_of(soak.pid)) > 2, "there are server and load")
            finally:
                children = children_of(soak.pid)
                soak.kill()
                soak.wait()
        eventually(lambda: not any(map(is_running, children)), "all have ended")


if __name__ == "__main__":
    unittest.main()
