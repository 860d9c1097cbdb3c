/* SPDX-License-Identifier: Apache-2.0
 * Copyright the mod_minitwit contributors */
#include "ctl/user/prompt.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Each of these signals ends or stops the program by default, which would leave the terminal without echo. */
static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t received;

static void receive(int number)
{
    received = number;
}

static const char *describe_error(const mt_ctl_t *ctl)
{
    if (errno == EMSGSIZE)
        return apr_psprintf(ctl->pool, "the line is longer than %d bytes", MT_PROMPT_SIZE - 1);
    return apr_psprintf(ctl->pool, "could not read the password: %s", strerror(errno));
}

/* Copies a line without its line end, which may be CRLF. Returns 0, with errno, if the line is too long or the read
 * failed. */
static int take_line(char line[MT_PROMPT_SIZE], const char *data, ssize_t len)
{
    if (len > 0 && data[len - 1] == '\n')
        len--;
    if (len > 0 && data[len - 1] == '\r')
        len--;
    if (len >= MT_PROMPT_SIZE)
        errno = EMSGSIZE;
    if (len < 0 || len >= MT_PROMPT_SIZE)
        return 0;
    memcpy(line, data, (size_t)len);
    line[len] = '\0';
    return 1;
}

/* Waits for a line and reads it. Signals arrive only in ppoll, and end it. So none is lost just before the read. */
static int read_answer(int terminal, const sigset_t *open_mask, char line[MT_PROMPT_SIZE])
{
    struct pollfd input = { .fd = terminal, .events = POLLIN };
    char data[MT_PROMPT_SIZE + 1]; /* with the line feed */

    if (ppoll(&input, 1, NULL, open_mask) < 0)
        return 0;
    int is_taken = take_line(line, data, read(terminal, data, sizeof(data)));
    sodium_memzero(data, sizeof(data));
    return is_taken;
}

/* Turns the echo off, asks, and restores the terminal. Returns 0, with errno, if it failed. */
static int ask_hidden(int terminal, const struct termios *shown, const char *question, char line[MT_PROMPT_SIZE])
{
    struct termios hidden = *shown;
    struct sigaction former[SIGNALS];
    sigset_t mask, open_mask;

    received = 0;
    sigemptyset(&mask);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&mask, signals[i]);
    sigprocmask(SIG_BLOCK, &mask, &open_mask);
    for (size_t i = 0; i < SIGNALS; i++) {
        /* Ctrl-Z has no effect here: a stopped program could not restore the echo. */
        struct sigaction noting = { .sa_handler = signals[i] == SIGTSTP ? SIG_IGN : receive };
        sigaction(signals[i], &noting, &former[i]);
    }
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    /* TCSAFLUSH discards the input that was typed before the question. */
    int is_read = tcsetattr(terminal, TCSAFLUSH, &hidden) == 0 && write(terminal, question, strlen(question)) > 0 &&
                  read_answer(terminal, &open_mask, line);
    int error = errno;
    tcsetattr(terminal, TCSAFLUSH, shown);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &former[i], NULL);
    sigprocmask(SIG_SETMASK, &open_mask, NULL);
    errno = error;
    return is_read;
}

const char *mt_ctl_prompt_ask(const mt_ctl_t *ctl, const char *question, char line[MT_PROMPT_SIZE])
{
    struct termios shown;
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (terminal < 0 || tcgetattr(terminal, &shown) < 0) {
        if (terminal >= 0)
            close(terminal);
        return "cannot ask for the password without a terminal\n  Use --stdin to give the password on standard input.";
    }
    int is_read = ask_hidden(terminal, &shown, question, line);
    int error = errno;
    /* Without echo, the Enter key has not moved the cursor. */
    if (write(terminal, "\n", 1) < 0 && is_read)
        is_read = 0;
    close(terminal);
    if (received)
        raise(received);
    errno = error;
    return is_read ? NULL : describe_error(ctl);
}

static int has_mark(const char *data, size_t len)
{
    static const char mark[] = { '\xef', '\xbb', '\xbf' };

    return len >= sizeof(mark) && memcmp(data, mark, sizeof(mark)) == 0;
}

const char *mt_ctl_prompt_read(const mt_ctl_t *ctl, char line[MT_PROMPT_SIZE])
{
    char data[MT_PROMPT_SIZE + 1]; /* with the line feed */
    size_t len = 0;
    ssize_t got;

    while (len < sizeof(data) && (got = read(STDIN_FILENO, data + len, sizeof(data) - len)) != 0) {
        if (got < 0)
            return describe_error(ctl);
        len += (size_t)got;
    }
    const char *end = memchr(data, '\n', len);
    const char *problem = end && end + 1 < data + len ? "standard input contains more than one line"
                          : memchr(data, '\0', len)   ? "standard input contains a zero byte"
                          : has_mark(data, len)
                              ? "standard input begins with a byte order mark, which would be a part of the password\n"
                                "  Save the file as UTF-8 without a byte order mark."
                              : NULL;
    int is_taken = take_line(line, data, (ssize_t)len);
    sodium_memzero(data, sizeof(data));
    if (problem)
        return problem;
    return is_taken ? NULL : describe_error(ctl);
}
