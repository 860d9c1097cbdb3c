# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""What the integration, browser and bench tests share: a private PostgreSQL, a private httpd, and clients for them."""
