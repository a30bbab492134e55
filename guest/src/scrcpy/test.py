#!/usr/bin/env python3
"""app_process against what scrcpy's real server sends, byte by byte: test.py BIN_DIR [test…]"""
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
import stage  # before the tests: it knows the way to what they share with the screen's

import control_tests
import options_tests
import picture_tests
import sound_tests
from phone import run_all

try:
    status = run_all([*picture_tests.TESTS, *options_tests.TESTS, *sound_tests.TESTS, *control_tests.TESTS])
finally:
    stage.phone.close()
sys.exit(status)
