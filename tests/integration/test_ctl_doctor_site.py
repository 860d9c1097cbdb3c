# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""The checks of minitwitctl doctor that concern the site: its sessions, the names of its users, and its URL."""

from support.doctor import bad, doctor


def test_expired_sessions(sound_database):
    sound_database.sql("INSERT INTO users (username, email, password_hash) VALUES ('a', 'a@b', '')")
    sound_database.sql(
        "INSERT INTO sessions (token_hash, user_id, expires_at)"
        " SELECT sha256(n::text::bytea), 1, now() - interval '3 days' FROM generate_series(1, 1000) n"
    )
    assert bad(doctor(sound_database)) == {"sessions": "warning"}
    assert sound_database.ctl("prune").returncode == 0
    assert bad(doctor(sound_database)) == {}


def test_names_that_look_the_same(sound_database):
    pairs = [("n\u0303", "\u00f1"), ("\u212b", "A\u030a"), *((f"{n}e\u0301", f"{n}\u00e9") for n in range(10))]
    insert = "INSERT INTO users (username, email, password_hash) SELECT name, 'a@b', '' FROM unnest(%s) name"
    sound_database.sql(insert, ["alice", "Alice", "e\u0301", "\u00e8"])
    assert bad(doctor(sound_database)) == {}
    sound_database.sql(insert, [name for pair in pairs for name in pair])
    found = doctor(sound_database)
    assert bad(found) == {"names": "warning"}
    text = found["names"]["text"]
    # doctor's own attempts to write use up ids.
    first = sound_database.value("SELECT min(id) FROM users WHERE username = %s", pairs[0][0])
    expected = f": {len(pairs)}: \"\u00f1\" (ids {first}, {first + 1}), \"\u00c5\" (ids {first + 2}, {first + 3}), "
    assert expected in text and text.endswith(", ...")
    assert text.count("(ids ") == 10
    remedy = found["names"]["remedy"].split(": ")[-1]
    for number in range(first, first + 2 * len(pairs), 2):
        sound_database.sql(remedy.replace("NEW NAME", f"user {number}").replace(" ID;", f" {number};"))
    assert bad(doctor(sound_database)) == {}


def test_reserved_names(sound_database):
    insert = "INSERT INTO users (username, email, password_hash) SELECT name, 'a@b', '' FROM unnest(%s) name"
    sound_database.sql(insert, ["alice", "--", "Public", "..."])
    assert bad(doctor(sound_database)) == {}
    sound_database.sql(insert, ["-", "public", ".."])
    found = doctor(sound_database)
    assert bad(found) == {"reserved names": "warning"}
    first = sound_database.value("SELECT id FROM users WHERE username = '-'")
    listed = f'"-" (id {first}), "public" (id {first + 1}), ".." (id {first + 2})'
    assert found["reserved names"]["text"] == f"users with names that the site reserves: {listed}"
    remedy = found["reserved names"]["remedy"].split(": ")[-1]
    for number in range(first, first + 3):
        sound_database.sql(remedy.replace("NEW NAME", f"user {number}").replace(" ID;", f" {number};"))
    assert bad(doctor(sound_database)) == {}


def test_the_address_of_the_site(sound_database, tmp_path):
    """doctor reads the file that --config names. Without the option, it names the option."""
    file = tmp_path / "minitwit.conf"
    for text, level, patterns in (
        (None, "problem", ["No such file", str(file)]),
        ("", "warning", ["does not set MinitwitSiteURL", "no canonical URL, no og:url and no sitemap"]),
        ("#MinitwitSiteURL https://a.example\n# MinitwitSiteURL https://b.example\n", "warning", ["does not set"]),
        ("MinitwitSiteURLs https://a.example\nMinitwitSiteURL\n", "warning", ["does not set"]),
        ("<VirtualHost *:80>\n\tminitwitsiteurl  \"https://a.example/\"\r\n</VirtualHost>", "ok", ["https://a.example/"]),
    ):
        if text is not None:
            file.write_text(text)
        found = doctor(sound_database, "--config", str(file))["site URL"]
        assert found["level"] == level, text
        for pattern in patterns:
            assert pattern in found["text"]
        assert (found["remedy"] is None) == (level == "ok")
    assert "--config FILE" in doctor(sound_database)["site URL"]["remedy"]
