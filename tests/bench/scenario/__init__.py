# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Scenarios of the simulator: the file, the replay, and the comparison of the state afterwards."""
