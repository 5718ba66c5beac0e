#!/usr/bin/env python3
"""Writes the ICU data that a libicudata.so carries (its one symbol, icudtNN_dat) into a file.

usage: icu_data.py LIBRARY OUTPUT
"""
import pathlib
import re
import subprocess
import sys

library, output = map(pathlib.Path, sys.argv[1:3])
symbols = subprocess.run(["readelf", "--wide", "--dyn-syms", library], check=True, capture_output=True, text=True).stdout
found = re.search(r"([0-9a-f]+)\s+(0x[0-9a-f]+|\d+)\s+OBJECT\s+GLOBAL\s+DEFAULT\s+(\d+)\s+icudt\d+_dat", symbols)
if found is None:
    sys.exit(f"{library} has no icudtNN_dat")
address, size, section = int(found[1], 16), int(found[2], 0), found[3]
sections = subprocess.run(["readelf", "--wide", "--section-headers", library], check=True, capture_output=True, text=True).stdout
place = re.search(rf"\[\s*{section}\]\s+\S+\s+\S+\s+([0-9a-f]+)\s+([0-9a-f]+)", sections)
start = address - int(place[1], 16) + int(place[2], 16)
output.write_bytes(library.read_bytes()[start:start + size])
