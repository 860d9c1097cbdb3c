/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "core/password_speed.h"

#include <apr_md5.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stddef.h>
#include <time.h>

/* Each sample runs twice, and the faster run counts, because other work on the machine may slow down a run. */
#define RUNS 2

static const unsigned char salt[16] = "a constant salt";

/* Large enough to exceed the processor's caches, as real hashes do. */
#define ARGON2_KIBIBYTES (16 * 1024)
#define SCRYPT_N         4096
#define SCRYPT_R         8

#define PBKDF2_ROUNDS 1000

static int run_pbkdf2(const EVP_MD *digest)
{
    unsigned char key[EVP_MAX_MD_SIZE];

    return PKCS5_PBKDF2_HMAC("password", 8, salt, sizeof(salt), PBKDF2_ROUNDS, digest, EVP_MD_get_size(digest), key);
}

static int run_sha1(void)
{
    return run_pbkdf2(EVP_sha1());
}

static int run_sha256(void)
{
    return run_pbkdf2(EVP_sha256());
}

static int run_sha512(void)
{
    return run_pbkdf2(EVP_sha512());
}

static int run_scrypt(void)
{
    unsigned char key[32];

    return EVP_PBE_scrypt("password", 8, salt, sizeof(salt), SCRYPT_N, SCRYPT_R, 1, 64UL * 1024 * 1024, key,
                          sizeof(key));
}

static int run_argon2(void)
{
    unsigned char key[32];

    return sodium_init() >= 0 && crypto_pwhash(key, sizeof(key), "password", 8, salt, 1,
                                               (size_t)ARGON2_KIBIBYTES * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* The result does not matter, because a wrong password takes the same time. */
static int run_bcrypt(void)
{
    apr_password_validate("password", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    return 1;
}

static int run_sha256_crypt(void)
{
    apr_password_validate("password", "$5$rounds=1000$abcdefghijklmnop$");
    return 1;
}

static int run_sha512_crypt(void)
{
    apr_password_validate("password", "$6$rounds=1000$abcdefghijklmnop$");
    return 1;
}

/* Returns seconds. Unlike other clocks, this one does not count the time of other threads and programs. */
static double processor_time(void)
{
    struct timespec time = { 0 };

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double measure(int (*run)(void), double work)
{
    double best = 0;

    for (int i = 0; i < RUNS; i++) {
        double began = processor_time();
        int succeeded = run();
        double elapsed = processor_time() - began;

        if (!succeeded)
            return 0;
        if (elapsed > 0 && work / elapsed > best)
            best = work / elapsed;
    }
    return best;
}

void mt_password_speed_measure(mt_password_speed_t *speed)
{
    static const struct {
        mt_password_algorithm_t algorithm;
        int (*run)(void); /* returns 0 if it fails */
        double work;
    } samples[] = {
        { MT_PASSWORD_PBKDF2_SHA1, run_sha1, PBKDF2_ROUNDS },
        { MT_PASSWORD_PBKDF2_SHA256, run_sha256, PBKDF2_ROUNDS },
        { MT_PASSWORD_PBKDF2_SHA512, run_sha512, PBKDF2_ROUNDS },
        { MT_PASSWORD_SCRYPT, run_scrypt, 128.0 * SCRYPT_N * SCRYPT_R },
        { MT_PASSWORD_ARGON2, run_argon2, ARGON2_KIBIBYTES },
        { MT_PASSWORD_BCRYPT, run_bcrypt, 1 << 5 },
        { MT_PASSWORD_SHA256_CRYPT, run_sha256_crypt, 1000 },
        { MT_PASSWORD_SHA512_CRYPT, run_sha512_crypt, 1000 },
    };

    /* OpenSSL's errors stay in the thread's queue, where TLS would mistake them for its own. */
    ERR_set_mark();
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        speed->per_second[samples[i].algorithm] = measure(samples[i].run, samples[i].work);
    ERR_pop_to_mark();
}
