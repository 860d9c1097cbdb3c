-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- Somebody's followees in the order in which he followed them, so that a list of the first ones need not sort all.

create index followers_in_order on followers (who_id, id) include (whom_id);
