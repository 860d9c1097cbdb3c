/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#ifndef MT_TESTS_UNIT_FOREIGN_HASHES_H
#define MT_TESTS_UNIT_FOREIGN_HASHES_H

#define PASSWORD   "sécret pass 1"
#define SALT       "$4l78XhzG$"
#define HEX_SHA256 "57ba145dfbb3c25d8d3d15b94c70af3207b50d170c9d93b8b28fda8cfbb5522d"
#define SCRYPT_TAIL                                                                                                    \
    "$aB3dE5gH7jK9mN1p$"                                                                                               \
    "a870c0037ebf4225b38716a91d1080c137dc95c9203b30675184240ccad128198dd8571e912ed132fe832cdadd558247844696220ed731bc" \
    "d45f2240b97a746f"
#define BCRYPT_TAIL "T/ZEq.IKK/eK9xM7rSZ1heaGJmVjN8DqEceDVNCs2xRIpwMDmqcp2"

/* Hashes of PASSWORD. The first ones have the costs that programs use. Most tests leave them out, because each takes a
 * tenth of a second or more. The programs themselves made the hashes. */
enum {
    CHEAP = 26
};
static const char *const right[] = {
    "pbkdf2:sha256:260000" SALT HEX_SHA256,
    "pbkdf2:sha256:50000$eknrByMm$4927ece7dce876b18b932e88137ecf6780c40ef4bd3a3d55ed739335958f054c",
    "scrypt:32768:8:1" SCRYPT_TAIL,
    "pbkdf2_sha256$260000$2KcFQzIs4e0Z2inecQz1SH$dElmqwqyFAhxCIIWATdTlCD3EQlRDNNPam7rrmYRdqY=",
    "$2b$10$3fDE9NxXchlco/r2mltdJOE8JkwWTl637GHsxlu6zKciLN.WC55JG",
    "$2a$10$" BCRYPT_TAIL,
    "$2y$10$WDI4HeL.jxl3ZAg7G9Is0.oWLuoMy/YNia3FGPKWJNmC/cyp0UkBG",
    "scrypt:1024:8:16$4l78XhzG$"
    "01e6dee24e5f95b0092506479e31d23d505e848cb9797be87cdbee12459a1119d2783615832f72de5575c32672275aad78a63bd6c8614eba1a"
    "7c76cd33309c0f",
    "scrypt:32768:1:4$4l78XhzG$"
    "7a7fc29436e5046dbeb706d92fa2bc3ae88cd1fa26967849ace4aa87610373e3533aff2db506dbc3898e0815aeeb580921ca352d17a3326b47"
    "c0b8b801776a2a",
    "pbkdf2_sha256$1200000$Qm9vdHN0cmFwU2FsdDEyMw$vlqt0b6RwmYtolAG9260gRnywU/FiK5or18By103r4c=",
    "$argon2id$v=19$m=65536,t=3,p=4$3LC1VjtY2asxNL7PtrdN4Q$bynrGOT+WCGVhoS6qGS0zTkxRikoo22fUPtUyviRQwM",
    "pbkdf2:sha256:50000$0708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20212223242526$"
    "7E9926046FE7CF5912FDEC52864FA31A76779907F330E45C8306299EC46EC511",
    "scrypt:32768:8:1$MrCt9NQQk8bpZxkn$"
    "d1ebb33a0121b7b2029297583f8d3ab7313953714880f5c59fb072c994881ea7a81093960275904d3cf40d40fafe5e87274364851f01624e37"
    "4ccb4928be1963",
    "pbkdf2:sha256:1000000$P9O7xmzhdKCTTysJ$03b1663c0838b912aec98047d8e1f265959b448b24299a0ded7471bc77323e7f",
    "pbkdf2_sha256$1500000$Qm9vdHN0cmFwU2FsdDEyMw$q+mU5F6P1B4OLVzl+coqfaMLKX4V5xOOb+NXr+1HMPU=",
    "argon2$argon2id$v=19$m=102400,t=2,p=8$NUV0ZFdYVmJERU1mVU9sQ0xCSG9NUg$Iaz2mTuUPQ4zc8V69vPL4V48nrdMla6dDaoV0jGg+B0",
    "scrypt$16384$TMWCVVsnnLLB10fhqnInKl$8$5$AR3Oby3uz6Bfz4wOtFO+pDntgxJnx/LujgC6ni3TvTXi5M51WstVaBiuYYjDZgajUzy745/"
    "x6llH6pZvUI185Q==",
    "$argon2id$v=19$m=65536,t=3,p=4$EfZvdVEoJuqvJYe0LzFJNg$CF5zfVD1dY9TIJKXr4GnrZbOsLFIAhWB6ePMSsM808w",
    "$pbkdf2-sha256$29000$E0IoxRhjjPG.17qX0jqnVA$rnuac5NsWFAicZojvBcnRg.qvGIzYHqNi7TSw9VqeE4",
    "$scrypt$ln=16,r=8,p=1$6927l5Ky1hoDoFTKeQ9hTA$we/iUC1ZWsk0Go72BZxpx1mC4cu2wUjtGBgcWlZ4W/8",
    "$5$rounds=535000$yN2ILYHgK2ELk94o$n96vrtUhKPsVPVrxnfc0..MVM38mo3ShgxOKcKpZ4F/",
    "$6$rounds=656000$COgcJZ0YcZAiwzdZ$3CWpNXfdy5el8NwZL9mqNV7tmH8z/"
    ".khDwLxH8U6lBfpQNsg4WsI5WrWKpXa9aKfB8h6Rhf3R8bPyDMLJREsT1",
    "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg8hPvVv7jpJPWaO6306/3aiNLzg74hapRrvdsHy4wXPkQ==",
    "pbkdf2:sha256$4l78XhzG$0e58fd36cd0c412558773692f05414daaaa8069703c681a532e0aebc320257ae",
    "pbkdf2:sha512$4l78XhzG$"
    "adac29fd142e98e0b0f36b3755a6496a2cc2ed1c638eefc79cbcf333326ca6d90b6de6249a13389e8caae2b4ff2a56b1c55ad698ca89c9f51b"
    "ed0054fe34548b",
    "pbkdf2:sha1$4l78XhzG$3a033cd56db58917fcb7693fd7ac6fc00422bc8a",
    "pbkdf2:sha1:1000$4l78XhzG$7abb61a57752de237ac51e9abfb7fa0d247b3530",
    "pbkdf2:sha512:1000$4l78XhzG$"
    "017cdbf5ac6f7eb2cd91a2e71683f59d9225f3b88f13cde4be54272e10902e64a4c7fa0d895d1ca75cc9685374e8b196a7424dffb90fa5a478"
    "7a148b1c207f38",
    "pbkdf2:sha256:1$4l78XhzG$82f68e74e15cd7d0b13b502df4b08f2eb028fb692d23813c9d60f33bf3571d13",
    "pbkdf2_sha256$1$4l78XhzG$gvaOdOFc19CxO1At9LCPLrAo+2ktI4E8nWDzO/NXHRM=",
    "scrypt:2:1:1$4l78XhzG$"
    "8e7efbd8ffe0f6139445c2995b2e2ddf49f795f1ae8ce89cfea59b52bb2c6d1b1dce32d21efe4814f15520a69adbf2e28af015906d5d42fe38"
    "c64e6145b7ebf2",
    "$2a$04$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S",
    "$2b$04$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S",
    "$2y$04$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S",
    "md5$k3yW0rds$a2223a3897036713d330ac7201db1c6f",
    "sha1$k3yW0rds$8fb7fe89dcc337e8d9a32505198cdfc9c907ba70",
    "sha224$k3yW0rds$57e951cdbdf3f186bd9a03ccf77d64f4b7124072b21c6f9468cac74e",
    "sha256$k3yW0rds$b17a24900c73de7469197be33b0087ba7444043257e50c58f65f825165dde6ce",
    "sha384$k3yW0rds$8aeeee2de97e2633c06d21b5f66961365768d3a961b18cee98a3d6c15cc8493b9654d96c711403db03f5fca7cf8d9e7b",
    "sha512$k3yW0rds$"
    "ab57b03fbef0f8285a74842b69bb3e904aa4880a4f7ba353a635c994072656694425d93f56a7d1965034718ef02ee2ec4cf8c2664fc6f7e599"
    "fdb4c4a9bd2c23",
    "pbkdf2:md5:1000$uO8Gl3cRcEzKOOWV$58f8a6dbf1da5f7ea05b7e4d092acc1d",
    "pbkdf2:sha224:1000$SWmwjSjgoJPbKQ1x$09372f4fa27e5183615fbbb4a3f1453fbc6f952720196ea11e0e68f5",
    "pbkdf2:sha384:1000$TYZ4GgGt3lkhEHrb$"
    "6d4ab0914c200fcdaeadeaeb26327269ba00dc6eb912047051ab8920bab0c4a617053922ad23f976d509980ee244c119",
    "scrypt:1024:8:1$0708090A0B0C0D0E$"
    "59a6554b9a0d6d713283d1d16394b91826b957157d82dc1a47c96bed4f979666357dd08e9a3ee988374e9311646b260034ffada7d7275f2a10"
    "12208edf7c5c8e",
    "pbkdf2:sha256:1000$0708090A0B0C0D0E$0cf93a40ec703f9dacaa9717c8b4a1033f3308f534158c2fde715ab9145dff3a",
    "pbkdf2:sha256:1000$0708090A0B0C0D0E$3C83025C22957479719FE5F2ACE1916B89E29A9E5E0C670D7D4C451E248F6495",
    "pbkdf2_sha256$1000$JZlS9UR4FbJaJDkj20kBZA$W2QdbpZ9AqaRi5yx3571TvqyPtwGjTm56p2OzP4FAIQ=",
    "pbkdf2_sha1$1000$ixulyl44tY4TXRCcQjRPlm$Zkzqz0k0KDj90b0ZOnu4JC2EJiM=",
    "argon2$argon2id$v=19$m=64,t=2,p=8$RVpsNnBzaG5IZkdWQkFaQXU4MkRjTA$ztMyjBQ4E7kspQmpOT3cD0b4A3Qx9zsyDj4sJtFOMTQ",
    "bcrypt_sha256$$2b$04$krLkxpD4ctyIZPXdZkF1pOK4CGHmED5WUACbsI7Ob58tTYYxmR6jO",
    "bcrypt$$2b$04$AIUlNRv4vqlq.ltXtWGlzObChF3ljCa4eQ03JNaFpog2B3MzhImCq",
    "md5$nya4481a0RshLFgQpVblIX$44aa81149e157572c3288bcea683d636",
    "sha1$k3yW0rds$300c8bbb9f5af4cdc7e51e260535756450862923",
    "argon2$argon2i$v=19$m=512,t=2,p=2$c2FsdHNhbHRzYWx0$DvMKdOJgZEQ556JqddZtGw",
    "$argon2i$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$GxNiMFaNQAfuNN2kBYPPj7/Ws51e7+SjvTXq5OeGQUs",
    "$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdHNhbHQ$4OEStMfIJZzGpdPnID2O6pC8DbSpToQu7MvolJQPqOo",
    "$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$uFlw3UMhDsG1iZZSsNULZg",
    "$argon2id$v=19$m=64,t=1,p=4$c2FsdHNhbHRzYWx0c2FsdA$BzZAz9GhsG7pMyEQ+ekjxI29sUF3Vm+R4E6b57rdfZ/H6XXeAwBroZ9/"
    "JvaCsrcxO21brU6IBoSFG8DkAUIZPQ",
    "$pbkdf2$1000$3vu/t3YOIeScE4LQ.l/L.Q$4KFPRxTncvWjmG3nHkQJZpEGf7w",
    "$pbkdf2-sha256$1000$L2WMMaa0lrL2HgNAqPUeww$6CpROhZ4GXjdLTZFaUCT1QrbUhDqb8igKdyZJ46Xqhg",
    "$pbkdf2-sha512$1000$H2NMaW0NwTjH.P9/z1krpQ$bR8CaEX9WYFwQk8/.DptS.Mti0H3e.gMoGxgZW515UMqI15BwZCUrqWdcioinsW2/"
    "WeQHI3me8e4jHaBwZAuDw",
    "$scrypt$ln=10,r=8,p=1$v1cKgVBqzVnr/d87xxgjhA$T374POFed8nDsAsx0nMnyEzZQgj7zrdAfwXk4ne+goE",
    "$argon2id$v=19$m=64,t=2,p=2$pXQOobT2vtcaI6QUgrC2Ng$L4mv23crKzdpuc7AahcDVppw1bzwOPaj4r+icnfl8uA",
    "$argon2i$v=19$m=64,t=2,p=2$XOv9XwuBkDJmLIVQCmGM0Q$a1yFw8GJKqAuyslT4wZYAcRFiyn2RODRRNVm20/3MG4",
    "$5$rounds=1000$kWYFu0GLGSBLkHYX$H8U24WG6XBBkZBKXQcjon.bX4d.74BE5r2kYJb7ihf.",
    "$6$rounds=1000$i/4a/"
    "FMFFv8LzFxa$VBw3daqzDWJ0pILksUsdB657z3wDAjaEhuOQWMaPE33hLlPGXFENxzgZfst1913cCVOrs3UJcbGojRNZH5LmU/",
    "$5$uxz7l6LWBCPU9Zzk$Eqo5R5cpD23n2W67WfF2SwSsYD6fBE0aLBcTQSi69eC",
    "$6$MJ5zZLn/12oMi5vb$M/QQD1xvQs00V9cq3suh7qK459zXFhcJIAvnFoxOJYMc/sh89QOYcFDjNucThuWUj0wQ3FBNEE8R6.34daVj9.",
    "$bcrypt-sha256$2b,4$mjdTdgeDAfBaEs.ESsO4Ku$lXyMI7iIJMKC7qefqHk0O6zxnXaEa0.",
    "$bcrypt-sha256$v=2,t=2b,r=4$dzw.1pG4Qy94rKEhpFjK6.$qlJrcJatkVhaa2TPNgXBMEpEVwmu.Wi",
    "AAABAgMEBQYHCAkKCwwNDg/GRqI4at9CM7sWQ8NDdsiERuYzFLB3sjDIXKyMyHWulQ==",
    "AQAAAAAAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg/GRqI4at9CM7sWQ8NDdsiERuYzFLB3sjDIXKyMyHWulQ==",
    "AQAAAAEAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg8rWf6VUpOFi89WHPUfbmPGITGXg6tJJLqlUaWJHoL6Rg==",
    "AQAAAAIAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg9biVQbCnGzfaL5H+3QPuhjSeTB/pmZTICMLlctR3belg==",
    "$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHRzYWx0c2FsdA$Mqtf1pK9KLtgcUO5egUVw5BIqxybLiGrQ+xhUgcjDPo",
    "{bcrypt}$2a$04$abcdefghijklmnopqrstuubSUG/CBaJLDPcrfu2PE82wzvapblB7S",
};

#endif
