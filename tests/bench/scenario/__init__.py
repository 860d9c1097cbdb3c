# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Scenarios of the simulator: making them, replaying them, and checking what a replay left behind."""
