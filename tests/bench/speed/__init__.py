# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""How fast the site is, against what the machine, httpd and PostgreSQL allow: see README.md, tests/bench/run."""
