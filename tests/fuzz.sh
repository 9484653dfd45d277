#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh -- FUZZ_SECONDS (60) for each fuzzer; what it finds is kept in build/fuzz/found/.
cd "$(dirname "$0")/.." && FUZZ_SECONDS=${FUZZ_SECONDS:-60} exec tests/fuzz.t
