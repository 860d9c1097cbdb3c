# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Parts that several folders of tests share: a private PostgreSQL, a private httpd, clients for them, and measuring
tools."""
