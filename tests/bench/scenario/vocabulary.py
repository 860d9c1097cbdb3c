# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Words for invented users and their messages. They are awkward on purpose: several scripts, combining marks,
characters beyond the basic plane, and characters with a meaning in HTML, JSON, SQL, URLs and format strings."""

FIRST_NAMES = """
Ada Åse Bóas Carmen Chloé Elif Enzo Étienne Eyþór Gözde Håkon Iñaki Jürgen Łukasz Lærke Malik María Nadia Oisín Óscar
Quyên Rafał Renée Søren Signe Tove Tuğba Ümit Viggo Xavier Yara Zoë Æbbe Østen Дмитрий Ελένη 美咲 太郎 지우 مريم שרה
""".split()

LAST_NAMES = """
Ågård Bødker Čapek D'Arcy Díaz Fjord Grønbæk Hansen Järvinen Krüger López Meyer-Holm Møller Nguyễn O'Brien O'Neill
Østergaard Öztürk Petrović Poulsen Sánchez Schäfer Smith-Jones Sørensen Świątek Vogel Yılmaz Соколова Παππάς 田中 김 לוי
""".split()

SUBJECTS = """
The ferry|My neighbour|A grey heron|The night bus|That crêpe stand|The library's cat|Half of the class|Everyone at 'work'
O'Neill's band|The 9 o'clock train|The weather over Ærø|Your naïve cousin
""".strip().replace("\n", "|").split("|")

VERBS = """
forgot|found|painted|sang about|couldn't find|missed|is mending|photographed|has misplaced|dreams of|cycled past|counted
""".strip().split("|")

OBJECTS = """
a jar of plums|two tickets to Kraków|the "good" umbrella|yesterday's paper|the last waffle|three pairs of socks
the smell of rain|some smørrebrød|half a sandwich|the neighbour's Wi-Fi|100% of the cake|a bridge in Mostar
""".strip().replace("\n", "|").split("|")

REMARKS = """
“Typical,” she said.|Who'd have thought?|#monday|if (a < b && c > d) panic();|<b>No</b> &amp; never!|100 % sure…|:-)
'); drop table lunch; --|"Quote me," he said.|C:\\temp\\new|€5 or ½ price|日本語も書けます。|Это правда.|हाँ, सच में।|🎉
👩‍🚀 is go|מה?|see http://example.org/?a=1&b=2#c|{{name}}|%s %d %n|ünïcödé e\u0301 too|\\u0041 stays as it is|null|🇩🇰🇩🇰
""".strip().replace("\n", "|").split("|")

# All characters of a keyboard except the tab, which separates fields.
PASSWORD_CHARACTERS = "".join(map(chr, range(0x21, 0x7F)))
