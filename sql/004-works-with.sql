-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_minitwit contributors
--
-- Which builds go on working when the schema is ahead of them, so that nodes can be updated one after the other.

alter table schema_version add column works_with integer check (works_with between 1 and version);
comment on column schema_version.works_with is
    'the oldest version that a build may need and still work with this one; null: this version itself';
