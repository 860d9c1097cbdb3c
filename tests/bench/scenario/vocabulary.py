# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_minitwit contributors
"""Words for made-up people and what they say. Chosen to be awkward: scripts beyond Latin, combining marks, characters
outside the basic plane, and everything that HTML, JSON, SQL, a URL or a format string could take amiss."""

FIRST_NAMES = """
Ada Agnes Åse Björn Bóas Carmen Chloé Dagny Edvard Elif Enzo Étienne Eyþór Fatou Femke Gözde Gustav Håkon Ida Ines
Ingrid Iñaki Jakub Jens Jürgen Kaja Karel Łukasz Lærke Liv Malik Mads María Mette Mikkel Nadia Nils Oisín Olga Óscar
Pavel Petra Quyên Rafał Renée Rosa Ruben Søren Saoirse Signe Sławomir Tariq Tove Tuğba Ümit Ursula Vera Viggo Wanda
Xavier Yara Yngve Zoë Željko Æbbe Østen Ивана Дмитрий Ελένη Νίκος 美咲 太郎 지우 مريم שרה
""".split()

LAST_NAMES = """
Ågård Andersen Bakker Beyer Bødker Čapek Christensen D'Arcy Dahl Díaz Duvall Eriksen Ferreira Fjord García Grønbæk
Haddad Halvorsen Hansen Hjort Ibsen Jansson Järvinen Jørgensen Keller Kjær Kovač Krüger Lindqvist Löfgren López Lund
Madsen Meyer-Holm Møller Müller Nguyễn Nielsen Novák O'Brien O'Neill Olsen Østergaard Öztürk Pedersen Petrović Poulsen
Quist Rasmussen Rossi Rønne Sánchez Schäfer Skov Smith-Jones Sørensen Świątek Thorup Toft Ueno Vestergaard Vogel Wójcik
Winther Yılmaz Zając Žukov Соколова Παππάς 田中 김 حداد לוי
""".split()

DOMAINS = ("example.org", "example.com", "example.net", "mail.example")

SUBJECTS = """
the ferry|my neighbour|nobody|the old baker|a grey heron|our landlord|the night bus|that crêpe stand|the whole choir
the lighthouse keeper|my bicycle|the library's cat|half of the class|a very small dog|the weather over Ærø
O'Neill's band
the smörgåsbord|your naïve cousin|the second violin|the café on the corner|it|everyone at 'work'|the 9 o'clock train
""".strip().replace("\n", "|").split("|")

VERBS = """
forgot|found|painted|sang about|quietly sold|borrowed|couldn't find|missed|is mending|won't stop praising|photographed
waited for|has misplaced|dreams of|would rather have|wrote home about|cycled past|counted|didn't notice|laughed at
""".strip().replace("\n", "|").split("|")

OBJECTS = """
the harbour|a jar of plums|two tickets to Kraków|the "good" umbrella|yesterday's paper|a piano without keys
the last waffle
three pairs of socks|the key to the attic|a rather loud parrot|the smell of rain|some smørrebrød|an enormous pumpkin
the wrong platform|half a sandwich|a letter from São Tomé|the neighbour's Wi-Fi|100% of the cake|a bridge in Mostar
""".strip().replace("\n", "|").split("|")

ENDINGS = """
again|before breakfast|on a Tuesday, of all days|in the fog|without a word|for the third time|until it got dark
as one does|just like last year|somewhere near Malmö|and so did I|with both hands|as if it mattered|at -3 °C
""".strip().replace("\n", "|").split("|")

REMARKS = """
“Typical,” she said.|Who'd have thought?|#monday|if (a < b && c > d) panic();|<b>No</b> &amp; never!|100 % sure…|:-)
¯\\_(ツ)_/¯
'); drop table lunch; --|"Quote me," he said.|C:\\temp\\new|€5 or ½ price|日本語も書けます。|Это правда.|हाँ, सच में।|🎉
👩‍🚀 is go|מה?
see http://example.org/?a=1&b=2#c|{{name}}|%s %d %n|ünïcödé e\u0301 too|\\u0041 stays as it is|null|🇩🇰🇩🇰
it's 5 o'clock|a \\ and a /
""".strip().replace("\n", "|").split("|")

PUNCTUATION = (".", ".", ".", ".", "!", "?", " …", "", "?!")

# Without a tab, which separates fields; all others that a keyboard has.
PASSWORD_CHARACTERS = "".join(chr(code) for code in range(0x21, 0x7F))
