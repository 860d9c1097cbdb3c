/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_UNIT_MARKED_URLS_H
#define MT_TESTS_UNIT_MARKED_URLS_H

#define ACUTE  "\xcc\x81"
#define VS16   "\xef\xb8\x8f"
#define KEYCAP "\xe2\x83\xa3"
#define ZWSP   "\xe2\x80\x8b"
#define ZWNJ   "\xe2\x80\x8c"
#define ZWJ    "\xe2\x80\x8d"
#define LRM    "\xe2\x80\x8e"
#define RLO    "\xe2\x80\xae"
#define FSI    "\xe2\x81\xa8"
#define PDI    "\xe2\x81\xa9"
#define SHY    "\xc2\xad"
#define NBSP   "\xc2\xa0"
#define NEL    "\xc2\x85"
#define FILLER "\xe3\x85\xa4" /* U+3164, an invisible letter */
#define SALAM  "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85"
#define MI     "\xd9\x85\xdb\x8c"
#define RAVAM  "\xd8\xb1\xd9\x88\xd9\x85"
#define SHALOM "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"

/* A message, and the same message with its parts marked: <U URL>, <M mention>, <Q quoted mention>, <T tag>, by their
 * targets. NULL: all of it is text. */
typedef struct marked_t {
    const char *text;
    const char *parts;
} marked_t;

static const marked_t urls[] = {
    /* where a URL begins */
    { "http://a.example", "<U http://a.example>" },
    { "https://a.example", "<U https://a.example>" },
    { "HTTPS://A.Example/B", "<U HTTPS://A.Example/B>" },
    { "hTtP://a.example", "<U hTtP://a.example>" },
    { "Read http://a.example now", "Read <U http://a.example> now" },
    { "(http://a.example)", "(<U http://a.example>)" },
    { "*http://a.example*", "*<U http://a.example>*" },
    { "~http://a.example~", "~<U http://a.example>~" },
    { "\"http://a.example/b\"", "\"<U http://a.example/b>\"" },
    { "'http://a.example/b'", "'<U http://a.example/b>'" },
    { "`http://a.example/b`", "`<U http://a.example/b>`" },
    { "<http://a.example/b>", "<<U http://a.example/b>>" },
    { "<a href=http://a.example/b>c</a>", "<a href=<U http://a.example/b>>c</a>" },
    { "Link:http://a.example", "Link:<U http://a.example>" },
    { "Yes.http://a.example", "Yes.<U http://a.example>" },
    { "-http://a.example", "-<U http://a.example>" },
    { "=http://a.example", "=<U http://a.example>" },
    { "@http://a.example", "@<U http://a.example>" },
    { "#http://a.example", "#<U http://a.example>" },
    { "今日、http://a.example", "今日、<U http://a.example>" },
    { "👍http://a.example", "👍<U http://a.example>" },
    { "❤" VS16 "http://a.example", "❤" VS16 "<U http://a.example>" },
    { LRM "http://a.example", LRM "<U http://a.example>" },
    { "xhttp://a.example", NULL },
    { "8http://a.example", NULL },
    { "_http://a.example", NULL },
    { "éhttp://a.example", NULL },
    { "e" ACUTE "http://a.example", NULL },
    { "日http://a.example", NULL },
    { "git+https://a.example/b", NULL },

    /* other schemes */
    { "javascript:alert(1)", NULL },
    { "javascript://a.example/%0aalert(1)", NULL },
    { "ftp://a.example", NULL },
    { "data:text/html,b", NULL },
    { "mailto:a@b.example", NULL },
    { "file:///etc/passwd", NULL },
    { "//a.example", NULL },
    { "www.a.example a.example/b", NULL },
    { "http:/a.example http:a.example", NULL },
    { "http:\\\\a.example", NULL },
    { "httpss://a.example", NULL },
    { "ftp://a.example/@b#c/#d @e", "ftp://a.example/@b#c/#d <M e>" },
    { "git+https://a@b.example/@c", NULL },
    { "xhttp://a.example/@b", NULL },
    { "ftp://http://a.example", NULL },
    { "://@a", "://<M a>" },
    { "javascript:http://a.example", "javascript:<U http://a.example>" },

    /* hosts */
    { "http://", NULL },
    { "http:// a.example", NULL },
    { "http:///a.example", NULL },
    { "http://?", NULL },
    { "http://#a", NULL },
    { "http://:80", NULL },
    { "http://.", NULL },
    { "http://.a", NULL },
    { "http://-a", NULL },
    { "http://-", NULL },
    { "http://_", NULL },
    { "https://a", "<U https://a>" },
    { "http://localhost", "<U http://localhost>" },
    { "http://a-b--c.example", "<U http://a-b--c.example>" },
    { "http://xn--bcher-kva.example", "<U http://xn--bcher-kva.example>" },
    { "http://a_b.c.example", "<U http://a_b.c.example>" },
    { "http://_a.b.example/c", "<U http://_a.b.example/c>" },
    { "http://a.b_c.example", NULL },
    { "http://a.b.c_d/e", NULL },
    { "http://a.example_", "<U http://a.example>_" },
    { "__http://a.example__", NULL },
    { "http://a.example-", "<U http://a.example>-" },
    { "http://a.example--b", "<U http://a.example--b>" },
    { "http://a.example-/b", NULL },
    { "http://a..b", "<U http://a>..b" },
    { "http://a.example...and", "<U http://a.example>...and" },
    { "http://a.example./b", "<U http://a.example./b>" },
    { "http://a.example.:80/b", "<U http://a.example.:80/b>" },
    { "http://a.example.?", "<U http://a.example>.?" },
    { "http://a.example.", "<U http://a.example>." },
    { "http://a.example%2eb/c", NULL },
    { "http://a.example,b", "<U http://a.example>,b" },
    { "http://a.example&b=c", "<U http://a.example>&b=c" },
    { "http://" LABEL_63 ".example/a", "<U http://" LABEL_63 ".example/a>" },
    { "http://" LABEL_63 "4.example/a", NULL },
    { "http://" LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63, NULL },

    /* internationalised hosts */
    { "http://bücher.example/b", "<U http://bücher.example/b>" },
    { "http://bu"
      "\xcc\x88"
      "cher.example",
      "<U http://bu"
      "\xcc\x88"
      "cher.example>" },
    { "http://пример.испытание", "<U http://пример.испытание>" },
    { "http://例え.テスト/パス", "<U http://例え.テスト/パス>" },
    { "http://" SALAM "." SHALOM "/" SALAM, "<U http://" SALAM "." SHALOM "/" SALAM ">" },
    { "http://उदाहरण.परीक्षा", "<U http://उदाहरण.परीक्षा>" },
    { "http://a.bücher", "<U http://a.bücher>" },
    { "http://a.exampleは良い", "<U http://a.example>は良い" },
    { "http://a.exampleは/b", NULL },
    { "http://3日.example", "<U http://3日.example>" },
    { "http://日本語。次", "<U http://日本語>。次" },
    { "http://a.example😀", "<U http://a.example>😀" },
    { "http://😀.example", NULL },
    { "http://" ACUTE "a.example", NULL },
    { "http://a" FILLER "b.example", "<U http://a>" FILLER "b.example" },
    { "http://１２７.１", NULL },

    /* addresses and ports */
    { "http://192.0.2.1", "<U http://192.0.2.1>" },
    { "http://192.0.2.1:8080/a", "<U http://192.0.2.1:8080/a>" },
    { "http://192.0.2.1.", "<U http://192.0.2.1>." },
    { "http://192.0.2.1./a", "<U http://192.0.2.1./a>" },
    { "http://192.0.2.256", NULL },
    { "http://192.0.2", NULL },
    { "http://192.0.02.1", NULL },
    { "http://3232235777/a", NULL },
    { "http://0x7f.0x1", NULL },
    { "http://a.0x", NULL },
    { "http://a.1", NULL },
    { "http://1.a", "<U http://1.a>" },
    { "http://[2001:db8::1]", "<U http://[2001:db8::1]>" },
    { "http://[2001:DB8::1]:8080/a", "<U http://[2001:DB8::1]:8080/a>" },
    { "[http://[::1]/a]", "[<U http://[::1]/a>]" },
    { "[http://[::1]]", "[<U http://[::1]>]" },
    { "http://[::ffff:192.0.2.1]/", "<U http://[::ffff:192.0.2.1]/>" },
    { "http://[fe80::1%25eth0]/", NULL },
    { "http://[::1", NULL },
    { "http://[]", NULL },
    { "http://[a.example]", NULL },
    { "http://[::1]a", NULL },
    { "http://a.example:80", "<U http://a.example:80>" },
    { "http://a.example:65535/b", "<U http://a.example:65535/b>" },
    { "http://a.example:1?b", "<U http://a.example:1?b>" },
    { "http://a.example:0", NULL },
    { "http://a.example:65536", NULL },
    { "http://a.example:99999999999999999999/b", NULL },
    { "http://a.example:80b", NULL },
    { "http://a.example:/b", NULL },
    { "http://a.example: yes", "<U http://a.example>: yes" },
    { "http://a.example:yes", "<U http://a.example>:yes" },
    { "http://a.example:)", "<U http://a.example>:)" },
    { "http://a.example:80.", "<U http://a.example:80>." },
    { "http://http://a.example", NULL },

    /* userinfo */
    { "http://a@b.example", NULL },
    { "http://a:b@c.example/d", NULL },
    { "http://a.example:80@b.example", NULL },
    { "http://a.example,b@c.example", NULL },
    { "http://a.example\\@b.example", NULL },
    { "https://a:b!@c.example/@d", NULL },
    { "http://@a.example", NULL },
    { "http://[::1]@a.example", NULL },
    { "http://a.example/@b", "<U http://a.example/@b>" },
    { "http://a.example/b#@c", "<U http://a.example/b#@c>" },
    { "http://a.example @b", "<U http://a.example> <M b>" },

    /* the rest and its end */
    { "http://a.example/", "<U http://a.example/>" },
    { "http://a.example/b?c=d&e=%20#f", "<U http://a.example/b?c=d&e=%20#f>" },
    { "http://a.example?b", "<U http://a.example?b>" },
    { "http://a.example#b", "<U http://a.example#b>" },
    { "http://a.example/#!/b", "<U http://a.example/#!/b>" },
    { "http://a.example/b,c;d:e!f'g*h_i~j.k", "<U http://a.example/b,c;d:e!f'g*h_i~j.k>" },
    { "http://a.example/?b[]=c|d^e{f}", "<U http://a.example/?b[]=c|d^e{f}>" },
    { "http://a.example/b.", "<U http://a.example/b>." },
    { "http://a.example/b.,:;!?'*_~", "<U http://a.example/b>.,:;!?'*_~" },
    { "http://a.example/b?!?", "<U http://a.example/b>?!?" },
    { "http://a.example/...", "<U http://a.example/>..." },
    { "http://a.example??", "<U http://a.example>??" },
    { "http://a.example/b-", "<U http://a.example/b->" },
    { "http://a.example/b=", "<U http://a.example/b=>" },
    { "http://a.example/b\\c", "<U http://a.example/b>\\c" },
    { "http://a.example/b<c", "<U http://a.example/b><c" },
    { "http://a.example/b\"c", "<U http://a.example/b>\"c" },
    { "http://a.example/b\tc", "<U http://a.example/b>\tc" },
    { "http://a.example/b\nhttp://c.example/d", "<U http://a.example/b>\n<U http://c.example/d>" },
    { "http://a.example/b\x01"
      "c",
      "<U http://a.example/b>\x01"
      "c" },
    { "http://a.example/b\x7f"
      "c",
      "<U http://a.example/b>\x7f"
      "c" },
    { "http://a.example/b" NEL "c", "<U http://a.example/b>" NEL "c" },
    { "http://a.example/b" NBSP "c", "<U http://a.example/b>" NBSP "c" },
    { "http://a.example/b　c", "<U http://a.example/b>　c" },
    { "http://a.example/http://b.example", "<U http://a.example/http://b.example>" },
    { "http://a.example/b|http://c.example", "<U http://a.example/b|http://c.example>" },
    { "http://a.example http://b.example,http://c.example/ https://d",
      "<U http://a.example> <U http://b.example>,<U http://c.example/> <U https://d>" },
    { "[a](http://b.example/c)", "[a](<U http://b.example/c>)" },
    { "[http://a.example](http://b.example)", "[<U http://a.example>](<U http://b.example>)" },

    /* brackets */
    { "http://a.example/b_(c)", "<U http://a.example/b_(c)>" },
    { "(http://a.example/b_(c))", "(<U http://a.example/b_(c)>)" },
    { "http://a.example/b_(c).", "<U http://a.example/b_(c)>." },
    { "(http://a.example/b).", "(<U http://a.example/b>)." },
    { "http://a.example/(b_(c)_d)", "<U http://a.example/(b_(c)_d)>" },
    { "http://a.example/b)))", "<U http://a.example/b>)))" },
    { "http://a.example/(b))+c", "<U http://a.example/(b))+c>" },
    { "http://a.example/b(", "<U http://a.example/b>(" },
    { "http://a.example/b)(", "<U http://a.example/b>)(" },
    { "http://a.example/b()", "<U http://a.example/b()>" },
    { "http://a.example/b.)", "<U http://a.example/b>.)" },
    { "[http://a.example/b[c]]", "[<U http://a.example/b[c]>]" },
    { "{http://a.example/{b}}", "{<U http://a.example/{b}>}" },
    { "http://a.example/b([c)]", "<U http://a.example/b([c)]>" },

    /* other scripts, invisible and bidirectional characters after a URL */
    { "«http://a.example/b»", "«<U http://a.example/b>»" },
    { "“http://a.example/b”", "“<U http://a.example/b>”" },
    { "„http://a.example/b“", "„<U http://a.example/b>“" },
    { "‘http://a.example/b’", "‘<U http://a.example/b>’" },
    { "「http://a.example/b」です", "「<U http://a.example/b>」です" },
    { "（http://a.example/b）です", "（<U http://a.example/b>）です" },
    { "http://a.example/b（c）", "<U http://a.example/b>（c）" },
    { "http://a.example/b。次", "<U http://a.example/b>。次" },
    { "http://a.example/b、次", "<U http://a.example/b>、次" },
    { "http://a.example/b，次", "<U http://a.example/b>，次" },
    { "http://a.example/b！", "<U http://a.example/b>！" },
    { "http://a.example/b…", "<U http://a.example/b>…" },
    { "http://a.example/b؟", "<U http://a.example/b>؟" },
    { "http://a.example/b।", "<U http://a.example/b>।" },
    { "http://a.example/日本_・_b", "<U http://a.example/日本_・_b>" },
    { "http://a.example/😀", "<U http://a.example/😀>" },
    { FSI "http://a.example/b" PDI, FSI "<U http://a.example/b>" PDI },
    { "http://a.example/b" RLO "c", "<U http://a.example/b>" RLO "c" },
    { "http://a.example/b" LRM "/c", "<U http://a.example/b>" LRM "/c" },
    { "http://a.example/b" ZWSP "c", "<U http://a.example/b>" ZWSP "c" },
    { "http://a.example" ZWJ "b", "<U http://a.example>" ZWJ "b" },
    { "http://a.example/b" SHY "c", "<U http://a.example/b>" SHY "c" },
    { "http://a.example/b\xef\xbf\xb9", "<U http://a.example/b>\xef\xbf\xb9" }, /* a format character */
    { "http://a.example/b\xef\xbf\xbf", "<U http://a.example/b>\xef\xbf\xbf" }, /* a noncharacter */
    { "http://a.example/b\xe2\x80\xa8"
      "c",
      "<U http://a.example/b>\xe2\x80\xa8"
      "c" }, /* a line separator */
    { "http://a.example/b\xe2\x80\xa9"
      "c",
      "<U http://a.example/b>\xe2\x80\xa9"
      "c" },
    { "http://a.example/❤" VS16, "<U http://a.example/❤>" VS16 },
    { "http://a.example/\xe2\xa0\x80", "<U http://a.example/>\xe2\xa0\x80" },
    { SALAM " http://a.example/b " SALAM, SALAM " <U http://a.example/b> " SALAM },
};

#endif
