# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The parts of tests/bench/run."""
