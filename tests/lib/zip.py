#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A directory as a zip, with modes and links.  usage: zip.py FILE DIRECTORY [PREFIX]"""
import os
import sys
import zipfile

path, top = sys.argv[1:3]
prefix = sys.argv[3] if len(sys.argv) > 3 else ""
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
    for base, dirs, files in os.walk(top):
        for name in sorted(dirs + files):
            file = os.path.join(base, name)
            info = zipfile.ZipInfo(prefix + os.path.relpath(file, top))
            info.create_system = 3
            info.external_attr = os.lstat(file).st_mode << 16
            if os.path.islink(file):
                z.writestr(info, os.readlink(file))
            elif os.path.isdir(file):
                info.filename += "/"
                z.writestr(info, b"")
            else:
                with open(file, "rb") as f:
                    z.writestr(info, f.read(), zipfile.ZIP_DEFLATED)
