#!/usr/bin/env python3
# test-labels: slow
# test-timeout: 180
"""A short run of scripts/soak; a long one is for those who have the time."""
import os
import subprocess
import sys
import unittest

SOURCE = os.environ.get("WEFT_SOURCE", ".")
SECONDS = 8


class Soak(unittest.TestCase):
    def test_every_request_is_accounted_for(self):
        # So short a time is all warm-up; and a sanitizer keeps freed memory for a while.
        growth_kib = 400000 if os.environ.get("WEFT_SANITIZE") else 4096
        result = subprocess.run(
            [sys.executable, os.path.join(SOURCE, "scripts", "soak"), "--seed", "1", "--minutes",
             str(SECONDS / 60), "--growth", str(growth_kib), "--pause", "3000", "--backend", "both",
             "both"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("every request is accounted for", result.stdout)


if __name__ == "__main__":
    unittest.main()
