/*
 * The WASI preview 1 command around deidentify(): text on stdin, text on stdout, counts on stderr.
 * Exit status as in sysexits.h: 0 done, 65 bad input, 71 out of memory, 74 read or write failed.
 */
#include "deidentify.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INPUT_LIMIT_BYTES ((size_t)1048576)
#define FIRST_READ_BYTES ((size_t)65536)
/* The host's clock may stand at zero; the rules were written in this year. */
#define EARLIEST_REFERENCE_YEAR 2026
#define LATEST_REFERENCE_YEAR 2199

enum { EXIT_BAD_INPUT = 65, EXIT_NO_MEMORY = 71, EXIT_IO = 74 };

struct out {
    size_t used;
    uint8_t bytes[16384];
};

static int write_all(int fd, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written <= 0) {
            return -1;
        }
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

static int flush(struct out *out) {
    int failed = write_all(STDOUT_FILENO, out->bytes, out->used);
    out->used = 0;
    return failed;
}

static int buffered(void *context, const uint8_t *bytes, size_t count) {
    struct out *out = context;
    if (count > sizeof out->bytes - out->used && flush(out) != 0) {
        return -1;
    }
    if (count > sizeof out->bytes) {
        return write_all(STDOUT_FILENO, bytes, count);
    }
    memcpy(out->bytes + out->used, bytes, count);
    out->used += count;
    return 0;
}

/* One line for stderr, written in one piece. */
struct line {
    size_t used;
    char text[1024];
};

static void say(struct line *line, const char *text) {
    size_t count = strlen(text);
    if (count <= sizeof line->text - line->used) {
        memcpy(line->text + line->used, text, count);
        line->used += count;
    }
}

static void say_number(struct line *line, size_t number) {
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    say(line, digits + at);
}

static void tell(const struct line *line) {
    (void)write_all(STDERR_FILENO, (const uint8_t *)line->text, line->used);
}

static int fail(int status, const char *message) {
    struct line line = {0};
    say(&line, message);
    tell(&line);
    return status;
}

static int current_year(void) {
    time_t now = time(NULL);
    /* Mean Gregorian year; a day off at New Year does not matter for an age limit in years. */
    long long year = now > 0 ? 1970 + (long long)now / 31556952 : 0;
    if (year < EARLIEST_REFERENCE_YEAR) {
        return EARLIEST_REFERENCE_YEAR;
    }
    return year > LATEST_REFERENCE_YEAR ? LATEST_REFERENCE_YEAR : (int)year;
}

/* Reads all of stdin, at most one byte more than the limit. */
static int read_input(uint8_t **text, size_t *length) {
    size_t capacity = FIRST_READ_BYTES;
    uint8_t *buffer = malloc(capacity);
    size_t used = 0;
    if (buffer == NULL) {
        return EXIT_NO_MEMORY;
    }
    for (;;) {
        ssize_t got = read(STDIN_FILENO, buffer + used, capacity - used);
        if (got < 0) {
            return EXIT_IO;
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
        if (used > INPUT_LIMIT_BYTES) {
            break;
        }
        if (used == capacity) {
            capacity = capacity * 2 > INPUT_LIMIT_BYTES ? INPUT_LIMIT_BYTES + 1 : capacity * 2;
            uint8_t *larger = realloc(buffer, capacity);
            if (larger == NULL) {
                return EXIT_NO_MEMORY;
            }
            buffer = larger;
        }
    }
    *text = buffer;
    *length = used;
    return 0;
}

int main(void) {
    static struct out out;
    struct deid_report report;
    uint8_t *text = NULL;
    size_t length = 0;

    int status = read_input(&text, &length);
    if (status == EXIT_IO) {
        return fail(EXIT_IO, "input: reading stdin failed\n");
    }
    if (status == 0 && length > INPUT_LIMIT_BYTES) {
        return fail(EXIT_BAD_INPUT,
                    "input: longer than the limit of 1048576 bytes; split the text\n");
    }
    uint8_t *scratch = status == 0 ? malloc(DEID_SCRATCH_BYTES(length) + 1) : NULL;
    if (scratch == NULL) {
        return fail(EXIT_NO_MEMORY,
                    "memory: not enough for this input; the plugin needs at most 128 pages of 64 KiB\n");
    }

    switch (deidentify(text, length, scratch, current_year(), buffered, &out, &report)) {
    case DEID_OK:
        free(scratch);
        free(text);
        break;
    case DEID_INVALID_UTF8: {
        struct line line = {0};
        say(&line, "input: not valid UTF-8 at byte ");
        say_number(&line, report.error_offset);
        say(&line, " of ");
        say_number(&line, length);
        say(&line, "; convert the text to UTF-8 first\n");
        tell(&line);
        return EXIT_BAD_INPUT;
    }
    case DEID_SINK_FAILED:
        return fail(EXIT_IO, "output: writing stdout failed\n");
    }
    if (flush(&out) != 0) {
        return fail(EXIT_IO, "output: writing stdout failed\n");
    }

    struct line line = {0};
    size_t total = 0;
    for (int tag = 0; tag < DEID_TAG_COUNT; tag++) {
        total += report.counts[tag];
    }
    say(&line, "replaced ");
    say_number(&line, total);
    const char *before = ": ";
    for (int tag = 0; tag < DEID_TAG_COUNT; tag++) {
        if (report.counts[tag] > 0) {
            say(&line, before);
            say(&line, deid_tag_names[tag]);
            say(&line, " ");
            say_number(&line, report.counts[tag]);
            before = ", ";
        }
    }
    say(&line, "\n");
    tell(&line);
    return 0;
}
