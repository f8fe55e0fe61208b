/*
 * Method: the text is first reduced to one unit per visible character. Accents, full-width forms,
 * typographic dashes and spaces become ASCII; joiners and combining marks belong to the unit before
 * them. Every rule then looks at single-byte units, so no rule can split a character, and
 * "555<non-breaking hyphen>123" is the same text to it as "555-123". Output copies the original
 * bytes. A rule that fails has looked a bounded number of units ahead or left a mark so that nobody looks
 * there again, so time is linear in the input.
 */
#include "deidentify.h"

#include <stdbool.h>
#include <string.h>

const char *const deid_tag_names[DEID_TAG_COUNT] = {
    "DATE", "AGE>89", "PHONE", "FAX", "EMAIL", "SSN", "MRN", "HEALTH PLAN",
    "ACCOUNT", "LICENSE", "VIN", "PLATE", "DEVICE", "URL", "IP", "ZIP",
    "CEP", "CPF", "CNPJ", "CNS", "RG", "ID"};

/* Kept out of its callers: a WebAssembly function becomes one JVM method, and HotSpot never compiles a
 * method of more than 8000 bytes of bytecode. */
#define RULE static __attribute__((noinline))

/* Units for what has no ASCII form. */
#define LETTER 0x80
#define SYMBOL 0x81

struct text {
    const uint8_t *units;
    size_t count;
    size_t tagged_to;     /* end of the last replaced value: what precedes it is no context */
    size_t local_to;      /* end of the last run that could be the local part of an e-mail address */
    size_t no_email_to;   /* the run before this is followed by '@' and no domain */
    size_t host_to;       /* end of the last run that could be a host name */
    int reference_year;
};

/* What a rule found: units [start, end) are the value; context before `start` is kept. */
struct match {
    size_t start;
    size_t end;
    enum deid_tag tag;
    int year;          /* DATE: the year to keep, or 0 */
    char zip3[4];      /* ZIP: its first three digits */
};

/* ---- characters ---- */

static int at(const struct text *t, size_t i) { return i < t->count ? t->units[i] : 0; }
static bool digit(int c) { return c >= '0' && c <= '9'; }
static bool upper(int c) { return c >= 'A' && c <= 'Z'; }
static bool ascii_letter(int c) { return upper(c) || (c >= 'a' && c <= 'z'); }
static bool letter(int c) { return ascii_letter(c) || c == LETTER; }
static bool word(int c) { return letter(c) || digit(c); }
static int lower(int c) { return upper(c) ? c + 32 : c; }
static bool blank(int c) { return c == ' ' || c == '\t'; }
static bool space(int c) { return blank(c) || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }
static bool joiner(int c) { return c == '-' || c == '.' || c == '/'; }

static int value(const struct text *t, size_t i, size_t digits) {
    int v = 0;
    for (size_t k = 0; k < digits; k++) {
        v = v * 10 + (at(t, i + k) - '0');
    }
    return v;
}

/* Number of digits from i on, counted up to `most`. */
static size_t digit_run(const struct text *t, size_t i, size_t most) {
    size_t k = 0;
    while (k < most && digit(at(t, i + k))) {
        k++;
    }
    return k;
}

/* Whether the word at i is `expected` (lower case), ended by a non-word unit; returns its end or 0. */
static size_t word_at(const struct text *t, size_t i, const char *expected) {
    for (; *expected != '\0'; expected++, i++) {
        if (lower(at(t, i)) != *expected) {
            return 0;
        }
    }
    return word(at(t, i)) ? 0 : i;
}

/* Part of a longer number, such as the 80 of 120/80? */
static bool joined_left(const struct text *t, size_t i) {
    return i >= 2 && i - 1 >= t->tagged_to && joiner(at(t, i - 1)) && digit(at(t, i - 2));
}

static bool ends_number(const struct text *t, size_t end) {
    int c = at(t, end);
    return !word(c) && !((c == '-' || c == '.') && digit(at(t, end + 1)));
}

/* ---- UTF-8 to units ---- */

static int fold_latin(uint32_t cp) {
    static const char latin1[] = /* U+00C0 to U+00FF; '?' = a letter without ASCII form, '!' = symbol */
        "AAAAAA?CEEEEIIII?NOOOOO!OUUUUY??aaaaaa?ceeeeiiii?nooooo!ouuuuy?y";
    int c = latin1[cp - 0xC0];
    return c == '?' ? LETTER : c == '!' ? SYMBOL : c;
}

static int fold(uint32_t cp) {
    if (cp < 0x80) {
        return (int)cp;
    }
    if (cp >= 0xC0 && cp <= 0xFF) {
        return fold_latin(cp);
    }
    if (cp == 0xBA || cp == 0xB0) {
        return 'o'; /* nº, 1º, and the degree sign people type for it */
    }
    if (cp == 0xAA) {
        return 'a';
    }
    if (cp == 0x85 || cp == 0x2028 || cp == 0x2029) {
        return '\n';
    }
    if (cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x202F || cp == 0x205F ||
        cp == 0x3000) {
        return ' ';
    }
    if ((cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212 || cp == 0xFE58 || cp == 0xFE63) {
        return '-';
    }
    if (cp == 0x2044 || cp == 0x2215) {
        return '/';
    }
    if (cp == 0x2024) {
        return '.';
    }
    if (cp == 0x2018 || cp == 0x2019) {
        return '\'';
    }
    if (cp >= 0xFF01 && cp <= 0xFF5E) {
        return (int)(cp - 0xFEE0);
    }
    if (cp >= 0x0660 && cp <= 0x0669) {
        return '0' + (int)(cp - 0x0660);
    }
    if (cp >= 0x06F0 && cp <= 0x06F9) {
        return '0' + (int)(cp - 0x06F0);
    }
    bool symbol = cp < 0xC0 || (cp >= 0x2000 && cp <= 0x2BFF) || (cp >= 0x3001 && cp <= 0x303F) ||
                  (cp >= 0xE000 && cp <= 0xF8FF) || (cp >= 0xFE00 && cp <= 0xFE6F) ||
                  (cp >= 0x1F000 && cp <= 0x1FAFF);
    return symbol ? SYMBOL : LETTER;
}

/* Drawn together with the character before it, or not drawn at all. */
static bool extends(uint32_t cp) {
    return (cp >= 0x0300 && cp <= 0x036F) || cp == 0xAD || (cp >= 0x200B && cp <= 0x200F) ||
           (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x2064) || cp == 0xFEFF ||
           (cp >= 0xFE00 && cp <= 0xFE0F);
}

/* Length of the well-formed sequence at `bytes` (Unicode table 3-7) and its code point, or 0. */
static size_t decode(const uint8_t *bytes, size_t left, uint32_t *cp) {
    uint8_t b = bytes[0];
    if (b < 0x80) {
        *cp = b;
        return 1;
    }
    size_t n = b >= 0xC2 && b <= 0xDF ? 2 : b >= 0xE0 && b <= 0xEF ? 3 : b >= 0xF0 && b <= 0xF4 ? 4 : 0;
    if (n == 0 || n > left) {
        return 0;
    }
    uint32_t v = b & (0xFFu >> (n + 1));
    for (size_t k = 1; k < n; k++) {
        if ((bytes[k] & 0xC0) != 0x80) {
            return 0;
        }
        v = v << 6 | (bytes[k] & 0x3Fu);
    }
    if ((n == 3 && (v < 0x800 || (v >= 0xD800 && v <= 0xDFFF))) ||
        (n == 4 && (v < 0x10000 || v > 0x10FFFF))) {
        return 0;
    }
    *cp = v;
    return n;
}

/* Fills units and their widths in bytes; returns length, or the offset of the first bad byte. */
RULE size_t read_units(const uint8_t *text, size_t length, uint8_t *units, uint8_t *widths,
                         size_t *count) {
    size_t i = 0;
    size_t n = 0;
    while (i < length) {
        uint32_t cp = 0;
        size_t width = decode(text + i, length - i, &cp);
        if (width == 0) {
            break;
        }
        if (extends(cp) && n > 0 && widths[n - 1] <= 250 && units[n - 1] != '\n') {
            widths[n - 1] = (uint8_t)(widths[n - 1] + width);
        } else {
            units[n] = (uint8_t)(extends(cp) ? SYMBOL : fold(cp));
            widths[n++] = (uint8_t)width;
        }
        i += width;
    }
    *count = n;
    return i;
}

/* ---- shapes ----
 * d digit, N digit 2-9, A capital or digit, '~' at most one of space - . /, '-' one of - . (not a
 * space), '_' up to three of space - . ; everything else is itself. No choice is ever undone. */
static size_t shape(const struct text *t, size_t i, const char *pattern) {
    for (; *pattern != '\0'; pattern++) {
        int c = at(t, i);
        switch (*pattern) {
        case 'd':
            if (!digit(c)) {
                return 0;
            }
            i++;
            break;
        case 'N':
            if (!digit(c) || c < '2') {
                return 0;
            }
            i++;
            break;
        case 'A':
            if (!digit(c) && !upper(c)) {
                return 0;
            }
            i++;
            break;
        case '~':
            if (c == ' ' || joiner(c)) {
                i++;
            }
            break;
        case '-':
            if (c != '-' && c != '.') {
                return 0;
            }
            i++;
            break;
        case '_':
            for (int k = 0; k < 3 && (at(t, i) == ' ' || at(t, i) == '-' || at(t, i) == '.'); k++) {
                i++;
            }
            break;
        default:
            if (c != *pattern) {
                return 0;
            }
            i++;
        }
    }
    return i;
}

/* The letters and digits of [from, to), at most `room`. */
RULE size_t strip(const struct text *t, size_t from, size_t to, char *out, size_t room) {
    size_t n = 0;
    for (; from < to && n < room; from++) {
        if (word(at(t, from))) {
            out[n++] = (char)at(t, from);
        }
    }
    return n;
}

/* ---- check digits ---- */

static bool all_same(const char *s, size_t n) {
    for (size_t k = 1; k < n; k++) {
        if (s[k] != s[0]) {
            return false;
        }
    }
    return true;
}

RULE bool cpf_valid(const char *s) {
    if (all_same(s, 11)) {
        return false;
    }
    for (int check = 9; check <= 10; check++) {
        int sum = 0;
        for (int k = 0; k < check; k++) {
            sum += (s[k] - '0') * (check + 1 - k);
        }
        int d = sum * 10 % 11 % 10;
        if (d != s[check] - '0') {
            return false;
        }
    }
    return true;
}

/* Also the alphanumeric CNPJ (IN RFB 2.229/2024, from July 2026): a character counts as its ASCII code - 48. */
RULE bool cnpj_valid(const char *s) {
    if (all_same(s, 14)) {
        return false;
    }
    for (int check = 12; check <= 13; check++) {
        int sum = 0;
        for (int k = 0; k < check; k++) {
            sum += (s[k] - '0') * (2 + (check - 1 - k) % 8);
        }
        int rest = sum % 11;
        if ((rest < 2 ? 0 : 11 - rest) != s[check] - '0') {
            return false;
        }
    }
    return true;
}

RULE bool cns_valid(const char *s) {
    if (strchr("12789", s[0]) == NULL) {
        return false;
    }
    int sum = 0;
    for (int k = 0; k < 15; k++) {
        sum += (s[k] - '0') * (15 - k);
    }
    return sum % 11 == 0;
}

static bool pis_valid(const char *s) {
    static const int weights[] = {3, 2, 9, 8, 7, 6, 5, 4, 3, 2};
    int sum = 0;
    for (int k = 0; k < 10; k++) {
        sum += (s[k] - '0') * weights[k];
    }
    int rest = sum % 11;
    return (rest < 2 ? 0 : 11 - rest) == s[10] - '0' && !all_same(s, 11);
}

RULE bool luhn_valid(const char *s, size_t n) {
    int sum = 0;
    for (size_t k = 0; k < n; k++) {
        int d = s[n - 1 - k] - '0';
        if (k % 2 == 1) {
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        }
        sum += d;
    }
    return sum % 10 == 0 && !all_same(s, n);
}

/* ISO 3779 character set, 49 CFR 565.15 check digit in position 9. */
RULE bool vin_valid(const char *s) {
    static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
    static const char values[] = "12345678123457923456789";
    static const int weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    int sum = 0;
    int seen_letters = 0;
    for (int k = 0; k < 17; k++) {
        int c = s[k];
        if (digit(c)) {
            sum += (c - '0') * weights[k];
        } else {
            const char *found = c == '\0' ? NULL : strchr(letters, c);
            if (found == NULL) {
                return false;
            }
            sum += (values[found - letters] - '0') * weights[k];
            seen_letters++;
        }
    }
    int rest = sum % 11;
    return seen_letters > 0 && s[8] == (rest == 10 ? 'X' : '0' + rest);
}

/* ---- dates ---- */

struct month {
    const char *name;
    char kind; /* F: stands alone; C: alone only after a preposition; M: not alone; U: as M, but a common
                  word in lower case; P: a Portuguese abbreviation that is also an English word */
};

static const struct month MONTHS[] = {
    {"january", 'F'},  {"february", 'F'},  {"march", 'C'},    {"april", 'F'},    {"june", 'F'},
    {"july", 'F'},     {"august", 'F'},    {"september", 'F'}, {"october", 'F'},  {"november", 'F'},
    {"december", 'F'}, {"janeiro", 'F'},   {"fevereiro", 'F'}, {"marco", 'C'},    {"abril", 'F'},
    {"maio", 'F'},     {"junho", 'F'},     {"julho", 'F'},    {"agosto", 'F'},   {"setembro", 'F'},
    {"outubro", 'F'},  {"novembro", 'F'},  {"dezembro", 'F'}, {"may", 'C'},      {"jan", 'M'},
    {"feb", 'M'},      {"fev", 'M'},       {"apr", 'M'},      {"abr", 'M'},      {"jun", 'M'},
    {"jul", 'M'},      {"aug", 'M'},       {"sep", 'M'},      {"sept", 'M'},     {"oct", 'M'},
    {"nov", 'M'},      {"dec", 'M'},       {"dez", 'M'},      {"mar", 'U'},      {"mai", 'P'},
    {"set", 'P'},      {"out", 'P'},       {"ago", 'P'}};

RULE size_t month_at(const struct text *t, size_t i, char *kind) {
    if (!ascii_letter(at(t, i))) {
        return 0;
    }
    for (size_t k = 0; k < sizeof MONTHS / sizeof MONTHS[0]; k++) {
        const char *p = MONTHS[k].name;
        size_t j = i;
        while (*p != '\0' && lower(at(t, j)) == *p) {
            p++;
            j++;
        }
        if (*p == '\0' && !letter(at(t, j))) {
            *kind = MONTHS[k].kind;
            if (!upper(at(t, i)) && (*kind == 'U' || (*kind == 'C' && MONTHS[k].name[2] == 'y'))) {
                *kind = 'P'; /* "may", "mar" in lower case */
            }
            return j;
        }
    }
    return 0;
}

static bool plausible_year(int year) { return year >= 1800 && year <= 2199; }

static bool day_and_month(int a, int b) {
    return a >= 1 && b >= 1 && a <= 31 && b <= 31 && (a <= 12 || b <= 12);
}

static struct match date(const struct text *t, size_t start, size_t end, int year) {
    bool old = year < t->reference_year - 89; /* would tell an age over 89 */
    return (struct match){.start = start, .end = end, .tag = DEID_DATE, .year = old ? 0 : year};
}

/* A four-digit year at i that is not part of a longer number; 0 if none. */
static int year_at(const struct text *t, size_t i) {
    if (digit_run(t, i, 5) != 4) {
        return 0;
    }
    int year = value(t, i, 4);
    return plausible_year(year) && !letter(at(t, i + 4)) ? year : 0;
}

/* hh:mm[:ss[.f]] [am|pm] [Z|+hh:mm] after a date, with what joins them. */
RULE size_t skip_time(const struct text *t, size_t end) {
    size_t i = end;
    if (at(t, i) == ',' && at(t, i + 1) == ' ') {
        i += 2;
    } else if (at(t, i) == 'T' || at(t, i) == 't' || at(t, i) == ' ') {
        i++;
    } else {
        return end;
    }
    size_t h = digit_run(t, i, 3);
    if (h == 0 || h > 2 || value(t, i, h) > 24 || at(t, i + h) != ':' || digit_run(t, i + h + 1, 3) != 2 ||
        value(t, i + h + 1, 2) > 59) {
        return end;
    }
    i += h + 3;
    if (at(t, i) == ':' && digit_run(t, i + 1, 3) == 2) {
        i += 3;
        if ((at(t, i) == '.' || at(t, i) == ',') && digit(at(t, i + 1))) {
            i += 1 + digit_run(t, i + 1, 9);
        }
    }
    size_t j = at(t, i) == ' ' ? i + 1 : i;
    size_t half = word_at(t, j, "am");
    half = half != 0 ? half : word_at(t, j, "pm");
    if (half != 0) {
        return half;
    }
    if ((at(t, i) == 'Z' || at(t, i) == 'z') && !word(at(t, i + 1))) {
        return i + 1;
    }
    if ((at(t, i) == '+' || at(t, i) == '-') && digit_run(t, i + 1, 5) >= 2) {
        size_t zone = shape(t, i + 1, "dd:dd");
        zone = zone != 0 ? zone : shape(t, i + 1, "dddd");
        zone = zone != 0 ? zone : i + 3;
        return word(at(t, zone)) ? i : zone;
    }
    return i;
}

/* One of / - . with at most one space on each side; returns the unit after it and the separator. */
static size_t date_separator(const struct text *t, size_t i, int *separator) {
    size_t j = at(t, i) == ' ' ? i + 1 : i;
    if (!joiner(at(t, j))) {
        return 0;
    }
    *separator = at(t, j);
    bool spaced = j != i;
    j++;
    if (spaced && at(t, j) == ' ') {
        j++;
    }
    return j;
}

/* 20240315, 2024031510, 202403151020, 20240315102030[.ffff][+-zzzz]: HL7 v2 TS and ISO 8601 basic. */
RULE bool compact_date(const struct text *t, size_t i, struct match *m) {
    size_t n = digit_run(t, i, 15);
    if (n != 8 && n != 10 && n != 12 && n != 14) {
        return false;
    }
    int year = value(t, i, 4);
    int month = value(t, i + 4, 2);
    int day = value(t, i + 6, 2);
    if (year < 1850 || year > 2150 || month < 1 || month > 12 || day < 1 || day > 31 ||
        (n >= 10 && value(t, i + 8, 2) > 24) || (n >= 12 && value(t, i + 10, 2) > 59) ||
        (n == 14 && value(t, i + 12, 2) > 60)) {
        return false;
    }
    size_t end = i + n;
    if (n == 8 && at(t, end) == 'T') {
        size_t hours = digit_run(t, end + 1, 7);
        if (hours == 2 || hours == 4 || hours == 6) {
            end += 1 + hours;
            n = 14;
        }
    }
    if (n == 14 && at(t, end) == '.' && digit(at(t, end + 1))) {
        end += 1 + digit_run(t, end + 1, 9);
    }
    if (n > 8 && (at(t, end) == '+' || at(t, end) == '-') && digit_run(t, end + 1, 5) == 4) {
        end += 5;
    } else if (n > 8 && at(t, end) == 'Z') {
        end++;
    }
    if (word(at(t, end))) {
        return false;
    }
    *m = date(t, i, end, year);
    return true;
}

/* A date that has all three parts and a four-digit year: certain enough to be found anywhere. */
RULE bool full_date(const struct text *t, size_t i, struct match *m) {
    size_t first = digit_run(t, i, 5);
    int s1 = 0;
    int s2 = 0;
    if (first == 4) {
        int year = value(t, i, 4);
        size_t j = date_separator(t, i + 4, &s1);
        size_t mm = j == 0 ? 0 : digit_run(t, j, 3);
        size_t k = mm == 1 || mm == 2 ? date_separator(t, j + mm, &s2) : 0;
        size_t dd = k == 0 ? 0 : digit_run(t, k, 3);
        if ((dd != 1 && dd != 2) || s1 != s2 || !plausible_year(year) ||
            !day_and_month(value(t, j, mm), value(t, k, dd))) {
            return false;
        }
        *m = date(t, i, skip_time(t, k + dd), year);
        return true;
    }
    if (first == 1 || first == 2) {
        size_t j = date_separator(t, i + first, &s1);
        size_t second = j == 0 ? 0 : digit_run(t, j, 3);
        size_t k = second == 1 || second == 2 ? date_separator(t, j + second, &s2) : 0;
        if (k == 0 || s1 != s2 || digit_run(t, k, 5) != 4) {
            return false;
        }
        int year = value(t, k, 4);
        if (!plausible_year(year) || !day_and_month(value(t, i, first), value(t, j, second))) {
            return false;
        }
        *m = date(t, i, skip_time(t, k + 4), year);
        return true;
    }
    return false;
}

/* dd/mm/yy, mm/yyyy, yyyy-mm: not inside a longer number. */
RULE bool short_date(const struct text *t, size_t i, struct match *m) {
    if (joined_left(t, i)) {
        return false;
    }
    size_t first = digit_run(t, i, 5);
    int separator = at(t, i + first);
    size_t j = i + first + 1;
    if (first == 4 && (separator == '-' || separator == '/') && digit_run(t, j, 3) == 2) {
        int month = value(t, j, 2);
        int c = at(t, j + 2);
        if (plausible_year(value(t, i, 4)) && month >= 1 && month <= 12 && ends_number(t, j + 2) && c != '/') {
            *m = date(t, i, j + 2, value(t, i, 4));
            return true;
        }
        return false;
    }
    if ((first != 1 && first != 2) || !joiner(separator)) {
        return false;
    }
    size_t second = digit_run(t, j, 5);
    int a = value(t, i, first);
    if (second == 4 && a >= 1 && a <= 12 && (separator == '/' || (separator == '-' && first == 2)) &&
        plausible_year(value(t, j, 4)) && ends_number(t, j + 4) && at(t, j + 4) != '/') {
        *m = date(t, i, j + 4, value(t, j, 4));
        return true;
    }
    if (second != 1 && second != 2) {
        return false;
    }
    size_t k = j + second + 1;
    size_t third = digit_run(t, k, 3);
    bool two_each = first == 2 && second == 2;
    if (at(t, j + second) != separator || third != 2 || (separator != '/' && !two_each) ||
        !day_and_month(a, value(t, j, second)) || !ends_number(t, k + 2) || at(t, k + 2) == '/') {
        return false;
    }
    *m = date(t, i, skip_time(t, k + 2), 0);
    return true;
}

/* A unit of measure after a number: "May 5 mg" is no date. */
RULE bool measured(const struct text *t, size_t i) {
    static const char *const units[] = {"mg",  "ml",     "mcg",     "ug",     "g",      "kg",   "l",
                                        "iu",  "units",  "unidades", "ui",    "mmhg",   "bpm",  "gotas",
                                        "tab", "tablet", "tablets", "tabs",   "dose",   "doses", "comp",
                                        "cp",  "pill",   "pills",   "strength", "cup",  "mmol", "meq",
                                        "comprimido", "comprimidos"};
    while (blank(at(t, i))) {
        i++;
        if (blank(at(t, i)) && blank(at(t, i + 1))) {
            return false;
        }
    }
    if (at(t, i) == '%') {
        return true;
    }
    for (size_t k = 0; k < sizeof units / sizeof units[0]; k++) {
        if (word_at(t, i, units[k]) != 0) {
            return true;
        }
    }
    return false;
}

/* "de ", "of ", "do " or nothing. */
static size_t skip_of(const struct text *t, size_t i) {
    size_t end = word_at(t, i, "de");
    end = end != 0 ? end : word_at(t, i, "of");
    end = end != 0 ? end : word_at(t, i, "do");
    return end != 0 && at(t, end) == ' ' ? end + 1 : i;
}

static size_t skip_ordinal(const struct text *t, size_t i) {
    static const char *const suffixes[] = {"st", "nd", "rd", "th", "o", "a"};
    for (size_t k = 0; k < sizeof suffixes / sizeof suffixes[0]; k++) {
        size_t end = word_at(t, i, suffixes[k]);
        if (end != 0) {
            return end;
        }
    }
    return i;
}

/* The year after a month name or a day; *strong says a / or - joined it. */
RULE size_t trailing_year(const struct text *t, size_t i, int *year) {
    *year = 0;
    size_t j = i;
    bool strong = at(t, j) == '-' || at(t, j) == '/' || at(t, j) == '\'';
    if (strong) {
        j++;
    } else {
        if (at(t, j) == '.') {
            j++;
        }
        if (at(t, j) == ',') {
            j++;
        }
        if (at(t, j) == '-' || at(t, j) == '/') {
            strong = true;
            j++;
        } else if (at(t, j) == ' ') {
            j = skip_of(t, j + 1);
        }
        if (at(t, j) == '\'') {
            strong = true;
            j++;
        }
    }
    *year = year_at(t, j);
    if (*year != 0) {
        return j + 4;
    }
    return strong && digit_run(t, j, 3) == 2 && ends_number(t, j + 2) ? j + 2 : 0;
}

static bool after_preposition(const struct text *t, size_t i) {
    static const char *const before[] = {"in",  "since", "during", "until", "till", "last", "early", "late",
                                         "mid", "of",    "by",     "from",  "next", "em",   "desde", "ate",
                                         "de",  "before", "after"};
    if (i < 2 || at(t, i - 1) != ' ') {
        return false;
    }
    size_t start = i - 1;
    while (start > 0 && i - start < 8 && word(at(t, start - 1))) {
        start--;
    }
    for (size_t k = 0; k < sizeof before / sizeof before[0]; k++) {
        if (word_at(t, start, before[k]) == i - 1) {
            return true;
        }
    }
    return false;
}

/* March 5, 2024; Mar/2024; março de 2024; May 5; October. */
RULE bool month_first(const struct text *t, size_t i, struct match *m) {
    char kind = 0;
    size_t name_end = month_at(t, i, &kind);
    if (name_end == 0) {
        return false;
    }
    int year = 0;
    size_t end = trailing_year(t, name_end, &year);
    bool joined = at(t, name_end) == '/' || at(t, name_end) == '-' ||
                  (at(t, name_end) == ' ' && skip_of(t, name_end + 1) != name_end + 1);
    if (end != 0 && (kind != 'P' || joined || lower(at(t, i + 2)) == 'y')) {
        *m = date(t, i, end, year);
        return true;
    }
    size_t j = at(t, name_end) == '.' ? name_end + 1 : name_end;
    size_t after_separator = at(t, j) == ' ' || at(t, j) == '-' || at(t, j) == '/' ? j + 1 : j;
    if (at(t, j) == ' ' && word_at(t, j + 1, "the") != 0) {
        after_separator = j + 5;
    }
    size_t n = digit_run(t, after_separator, 3);
    if (kind != 'P' && (n == 1 || n == 2) && value(t, after_separator, n) >= 1 &&
        value(t, after_separator, n) <= 31) {
        size_t day_end = skip_ordinal(t, after_separator + n);
        size_t full = trailing_year(t, day_end, &year);
        if (full != 0) {
            *m = date(t, i, skip_time(t, full), year);
            return true;
        }
        int c = at(t, day_end);
        bool number = word(c) || c == '%' || ((joiner(c) || c == ',' || c == ':') && digit(at(t, day_end + 1)));
        if (c == '-' && digit(at(t, day_end + 1))) {
            number = false; /* May 5-7 */
        }
        if (!number && !measured(t, day_end)) {
            *m = date(t, i, day_end, 0);
            return true;
        }
    }
    if (upper(at(t, i)) && (kind == 'F' || (kind == 'C' && after_preposition(t, i)))) {
        *m = date(t, i, name_end, 0);
        return true;
    }
    if ((kind == 'F' || kind == 'C') && after_preposition(t, i)) { /* em março */
        *m = date(t, i, name_end, 0);
        return true;
    }
    return false;
}

/* 5 March 2024; 05MAR2024; 5-Mar-24; 1º de março de 2024; 5/mar/2024; 3rd of May. */
RULE bool day_first(const struct text *t, size_t i, struct match *m) {
    size_t n = digit_run(t, i, 3);
    if ((n != 1 && n != 2) || joined_left(t, i)) {
        return false;
    }
    int day = value(t, i, n);
    if (day < 1 || day > 31) {
        return false;
    }
    size_t j = skip_ordinal(t, i + n);
    bool strong = at(t, j) == '-' || at(t, j) == '/';
    if (strong || at(t, j) == '.') {
        j++;
    }
    if (at(t, j) == ' ') {
        j++;
        size_t of = skip_of(t, j);
        strong = strong || of != j;
        j = of;
        if (word_at(t, j, "the") != 0) {
            j += 4;
        }
    }
    char kind = 0;
    size_t name_end = month_at(t, j, &kind);
    if (name_end == 0) {
        return false;
    }
    int year = 0;
    size_t end = trailing_year(t, name_end, &year);
    if (end == 0 && year_at(t, name_end) != 0) {
        year = year_at(t, name_end);
        end = name_end + 4;
    }
    if (end != 0) {
        *m = date(t, i, skip_time(t, end), year);
        return true;
    }
    if (word(at(t, name_end)) || (kind == 'P' && !strong)) {
        return false;
    }
    *m = date(t, i, name_end, 0);
    return true;
}

/* ---- ages over 89 ---- */

static bool over_89(const struct text *t, size_t i, size_t *digits) {
    *digits = digit_run(t, i, 4);
    if (*digits != 2 && *digits != 3) {
        return false;
    }
    int age = value(t, i, *digits);
    return age >= 90 && age <= 130;
}

RULE bool age(const struct text *t, size_t i, struct match *m) {
    static const char *const suffixes[] = {"year", "years", "yr", "yrs", "y", "yo", "yof", "yom", "anos", "ano"};
    size_t n = 0;
    if (!over_89(t, i, &n) || (joined_left(t, i) && at(t, i - 1) != '-')) {
        return false;
    }
    size_t j = i + n;
    if (at(t, j) == ' ' || at(t, j) == '-') {
        j++;
    }
    for (size_t k = 0; k < sizeof suffixes / sizeof suffixes[0]; k++) {
        if (word_at(t, j, suffixes[k]) != 0) {
            *m = (struct match){.start = i, .end = i + n, .tag = DEID_AGE};
            return true;
        }
    }
    return false;
}

/* ---- telephone ---- */

static bool both_years(const struct text *t, size_t end) { /* 2010-2015 at the end of a shape */
    return plausible_year(value(t, end - 9, 4)) && plausible_year(value(t, end - 4, 4));
}

static bool ddd_valid(const struct text *t, size_t i) {
    while (!digit(at(t, i))) {
        i++;
    }
    if (at(t, i) == '0') {
        i++;
    }
    return at(t, i) >= '1' && at(t, i + 1) >= '1';
}

RULE size_t skip_extension(const struct text *t, size_t end) {
    static const char *const words[] = {"extension", "ext", "ramal", "x"};
    size_t i = end;
    if (at(t, i) == ',') {
        i++;
    }
    if (at(t, i) == ' ') {
        i++;
    }
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        const char *p = words[k];
        size_t j = i;
        while (*p != '\0' && lower(at(t, j)) == *p) {
            p++;
            j++;
        }
        if (*p != '\0' || letter(at(t, j))) {
            continue;
        }
        if (at(t, j) == '.' || at(t, j) == ':') {
            j++;
        }
        if (at(t, j) == ' ') {
            j++;
        }
        size_t n = digit_run(t, j, 7);
        if (n >= 1 && n <= 6) {
            return j + n;
        }
    }
    return end;
}

/* Groups of digits as people write numbers; stops before a group that would make more than `most` digits. */
RULE size_t loose_number(const struct text *t, size_t i, size_t least, size_t most) {
    size_t digits = 0;
    size_t end = 0;
    if (at(t, i) == '+') {
        i++;
    }
    for (;;) {
        for (int k = 0; k < 3 && (at(t, i) == ' ' || at(t, i) == '(' || at(t, i) == ')' || at(t, i) == '-' || at(t, i) == '.');
             k++) {
            i++;
        }
        size_t n = digit_run(t, i, 16);
        int after = at(t, i + n);
        bool other = digits >= least && (after == ':' || after == '/' || after == '%');
        if (n == 0 || digits + n > most || other || letter(after)) {
            if (n == 0 || digits + n > most || other || digits > 0) {
                break;
            }
        }
        digits += n;
        i += n;
        end = i;
    }
    return digits >= least ? end : 0;
}

RULE bool phone(const struct text *t, size_t i, struct match *m) {
    static const struct {
        const char *pattern;
        char rule; /* U: North America, B: Brazil with area code, L: Brazil, local, 0: nothing more */
    } SHAPES[] = {
        {"1-(Ndd)_ddd-dddd", 'U'}, {"1 (Ndd)_ddd-dddd", 'U'}, {"1-Ndd-ddd-dddd", 'U'},
        {"1 Ndd Ndd dddd", 'U'},   {"1 Ndd-ddd-dddd", 'U'},   {"(Ndd)_ddd_dddd", 'U'},
        {"Ndd-ddd-dddd", 'U'},     {"Ndd ddd-dddd", 'U'},     {"Ndd Ndd dddd", 'U'},
        {"Ndd/ddd-dddd", 'U'},     {"NddNdddddd", 'U'},       {"(dd)_9dddd_dddd", 'B'},
        {"(dd)_9 dddd-dddd", 'B'}, {"(dd)_dddd_dddd", 'B'},   {"(0dd)_9dddd_dddd", 'B'},
        {"(0dd)_dddd_dddd", 'B'},  {"dd_9dddd-dddd", 'B'},    {"dd_9 dddd-dddd", 'B'},
        {"dd 9dddd dddd", 'B'},    {"dd_dddd-dddd", 'B'},     {"0dd_9dddd-dddd", 'B'},
        {"0dd_dddd-dddd", 'B'},    {"dd9dddddddd", 'B'},      {"9dddd-dddd", 'L'},
        {"9 dddd-dddd", 'L'},      {"0800_ddd_dddd", '0'},    {"0300_ddd_dddd", '0'},
        {"4004-dddd", '0'}};
    if (at(t, i) == '+') {
        size_t most = digit(at(t, i + 1)) && at(t, i + 1) == '1' ? 11 : shape(t, i, "+55") != 0 ? 13 : 15;
        size_t dotted = i + 1 + digit_run(t, i + 1, 16);
        size_t end = digit(at(t, i + 1)) || at(t, i + 1) == '(' ? loose_number(t, i, 8, most) : 0;
        if (end != 0 && at(t, dotted) == '.') { /* +1.555.123.4567, not +2.5 3.1 12.0 */
            for (size_t k = dotted; k < end; k++) {
                if (at(t, k) != '.' && !digit(at(t, k))) {
                    return false;
                }
            }
        }
        if (end == 0) {
            return false;
        }
        *m = (struct match){.start = i, .end = skip_extension(t, end), .tag = DEID_PHONE};
        return true;
    }
    if (joined_left(t, i)) {
        return false;
    }
    for (size_t k = 0; k < sizeof SHAPES / sizeof SHAPES[0]; k++) {
        size_t end = shape(t, i, SHAPES[k].pattern);
        if (end == 0 || digit(at(t, end)) || (at(t, end) == '-' && digit(at(t, end + 1)))) {
            continue;
        }
        size_t extended = skip_extension(t, end);
        if (extended == end && !ends_number(t, end)) {
            continue;
        }
        char rule = SHAPES[k].rule;
        if (rule == 'B' && !ddd_valid(t, i)) {
            continue;
        }
        if (rule == 'B' && at(t, i) != '(' && end - i >= 9 && !digit(at(t, end - 5)) && both_years(t, end)) {
            continue;
        }
        *m = (struct match){.start = i, .end = extended, .tag = DEID_PHONE};
        return true;
    }
    return false;
}

/* ---- numbers known by shape and check digit ---- */

static bool ssn_ranges(const char *s) {
    int area = (s[0] - '0') * 100 + (s[1] - '0') * 10 + s[2] - '0';
    return area != 0 && area != 666 && area < 900 && (s[3] != '0' || s[4] != '0') &&
           strncmp(s + 5, "0000", 4) != 0;
}

static bool itin_ranges(const char *s) {
    int group = (s[3] - '0') * 10 + s[4] - '0';
    return s[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                           (group >= 90 && group <= 92) || group >= 94);
}

static bool found(struct match *m, size_t start, size_t end, enum deid_tag tag) {
    *m = (struct match){.start = start, .end = end, .tag = tag};
    return true;
}

RULE bool checked_number(const struct text *t, size_t i, struct match *m) {
    char s[20];
    size_t end = shape(t, i, "ddd~ddd~ddd~dd");
    if (end != 0 && !word(at(t, end)) && strip(t, i, end, s, 11) == 11 && cpf_valid(s)) {
        return found(m, i, end, DEID_CPF);
    }
    end = shape(t, i, "AA~AAA~AAA~AAAA~dd");
    if (end != 0 && !word(at(t, end)) && strip(t, i, end, s, 14) == 14 && cnpj_valid(s)) {
        return found(m, i, end, DEID_CNPJ);
    }
    end = shape(t, i, "ddd~dddd~dddd~dddd");
    if (end != 0 && !word(at(t, end)) && strip(t, i, end, s, 15) == 15 && cns_valid(s)) {
        return found(m, i, end, DEID_CNS);
    }
    end = shape(t, i, "ddd.ddddd.dd-d");
    if (end != 0 && !word(at(t, end)) && strip(t, i, end, s, 11) == 11 && pis_valid(s)) {
        return found(m, i, end, DEID_ID);
    }
    end = shape(t, i, "dddd~dddd~dddd~dddd");
    if (end != 0 && !word(at(t, end)) && s[0] != '0' && strip(t, i, end, s, 16) == 16 && luhn_valid(s, 16)) {
        return found(m, i, end, DEID_ACCOUNT);
    }
    end = shape(t, i, "3d~dddd~dddddd~ddddd");
    end = end != 0 ? end : shape(t, i, "3ddd~dddddd~ddddd");
    if (end != 0 && !word(at(t, end)) && (at(t, i + 1) == '4' || at(t, i + 1) == '7') &&
        strip(t, i, end, s, 15) == 15 && luhn_valid(s, 15)) {
        return found(m, i, end, DEID_ACCOUNT);
    }
    if (joined_left(t, i)) {
        return false;
    }
    static const char *const ssn_shapes[] = {"ddd-dd-dddd", "ddd dd dddd"};
    for (int k = 0; k < 2; k++) {
        end = shape(t, i, ssn_shapes[k]);
        if (end != 0 && at(t, i + 3) == at(t, i + 6) && ends_number(t, end) && strip(t, i, end, s, 9) == 9) {
            if (ssn_ranges(s)) {
                return found(m, i, end, DEID_SSN);
            }
            if (itin_ranges(s)) {
                return found(m, i, end, DEID_ID);
            }
        }
    }
    end = shape(t, i, "dd.ddd.ddd-");
    end = end != 0 ? end : shape(t, i, "d.ddd.ddd-");
    if (end != 0 && at(t, end - 1) == '-' && at(t, i + (digit(at(t, i + 1)) ? 2 : 1)) == '.' &&
        (digit(at(t, end)) || lower(at(t, end)) == 'x') && !word(at(t, end + 1))) {
        return found(m, i, end + 1, DEID_RG);
    }
    return false;
}

static const char *kept_zip3(const char *zip3) {
    /* Areas of 20 000 people or fewer, 2000 Census ZCTAs, as listed in the OCR guidance on 164.514(b). */
    static const char restricted[] = "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893";
    for (const char *p = restricted;; p += 4) {
        if (strncmp(p, zip3, 3) == 0) {
            return "000";
        }
        if (p[3] == '\0') {
            return zip3;
        }
    }
}

/* ddddd or ddddd-dddd at i, where the context says that it is a ZIP code. */
RULE bool zip(const struct text *t, size_t i, struct match *m) {
    if (digit_run(t, i, 6) != 5) {
        return false;
    }
    size_t end = i + 5;
    size_t plus4 = shape(t, end, "-dddd");
    plus4 = plus4 != 0 ? plus4 : shape(t, end, " - dddd");
    if (plus4 != 0 && !word(at(t, plus4))) {
        end = plus4;
    } else if (!ends_number(t, end) || at(t, end) == '%' ||
               ((at(t, end) == '/' || at(t, end) == ',' || at(t, end) == ':') && digit(at(t, end + 1)))) {
        return false;
    }
    *m = (struct match){.start = i, .end = end, .tag = DEID_ZIP};
    for (size_t k = 0; k < 3; k++) {
        m->zip3[k] = (char)at(t, i + k);
    }
    return true;
}

RULE bool postal_code(const struct text *t, size_t i, struct match *m) {
    if (joined_left(t, i)) {
        return false;
    }
    size_t end = shape(t, i, "ddddd-ddd");
    end = end != 0 && !digit(at(t, end)) ? end : shape(t, i, "dd.ddd-ddd");
    if (end != 0 && at(t, end - 4) == '-' && ends_number(t, end)) {
        return found(m, i, end, DEID_CEP);
    }
    return shape(t, i, "ddddd-dddd") != 0 && at(t, i + 5) == '-' && zip(t, i, m) && m->end > i + 5;
}

/* ---- identifiers made of letters and digits ---- */

RULE bool mbi(const struct text *t, size_t i, struct match *m) {
    /* Medicare Beneficiary Identifier, CMS: C A AN N A AN N A A N N; without S L O I B Z. */
    static const char kinds[] = "CAXNAXNAANN";
    size_t j = i;
    bool dashes = at(t, i + 4) == '-';
    for (size_t k = 0; k < 11; k++) {
        if (dashes && (k == 4 || k == 7)) {
            if (at(t, j) != '-') {
                return false;
            }
            j++;
        }
        int c = at(t, j++);
        bool capital = upper(c) && c != 'S' && c != 'L' && c != 'O' && c != 'I' && c != 'B' && c != 'Z';
        bool fits = kinds[k] == 'C' ? c >= '1' && c <= '9' : kinds[k] == 'A' ? capital
                  : kinds[k] == 'N' ? digit(c) : capital || digit(c);
        if (!fits) {
            return false;
        }
    }
    return !word(at(t, j)) && found(m, i, j, DEID_HEALTH_PLAN);
}

RULE bool coded_token(const struct text *t, size_t i, struct match *m) {
    size_t n = 0;
    char s[20];
    while (n < 18 && (digit(at(t, i + n)) || ascii_letter(at(t, i + n)))) {
        s[n] = (char)(at(t, i + n) >= 'a' ? at(t, i + n) - 32 : at(t, i + n));
        n++;
    }
    if (n == 17 && !word(at(t, i + n)) && vin_valid(s)) {
        return found(m, i, i + n, DEID_VIN);
    }
    /* Mercosul plate, ABC1D23. */
    if (n == 7 && !word(at(t, i + 7)) && upper(at(t, i)) && upper(at(t, i + 1)) && upper(at(t, i + 2)) &&
        digit(at(t, i + 3)) && upper(at(t, i + 4)) && digit(at(t, i + 5)) && digit(at(t, i + 6))) {
        return found(m, i, i + 7, DEID_PLATE);
    }
    char c[14];
    size_t end = shape(t, i, "AA~AAA~AAA~AAAA~dd");
    if (end != 0 && !word(at(t, end)) && strip(t, i, end, c, 14) == 14 && cnpj_valid(c)) {
        return found(m, i, end, DEID_CNPJ);
    }
    return mbi(t, i, m);
}

static bool hex(int c) { return digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

RULE bool mac_address(const struct text *t, size_t i, struct match *m) {
    int separator = at(t, i + 2);
    if (separator != ':' && separator != '-') {
        return false;
    }
    for (size_t k = 0; k < 6; k++) {
        if (!hex(at(t, i + 3 * k)) || !hex(at(t, i + 3 * k + 1)) ||
            (k < 5 && at(t, i + 3 * k + 2) != separator)) {
            return false;
        }
    }
    int next = at(t, i + 17);
    return !word(next) && !(next == separator && hex(at(t, i + 18))) && found(m, i, i + 17, DEID_DEVICE);
}

RULE bool version_before(const struct text *t, size_t i) {
    static const char *const words[] = {"version", "versao", "ver", "v", "release", "firmware", "build"};
    while (i > 0 && (blank(at(t, i - 1)) || at(t, i - 1) == '.' || at(t, i - 1) == ':')) {
        i--;
        if (i > 0 && blank(at(t, i)) && blank(at(t, i - 1))) {
            return false;
        }
    }
    size_t start = i;
    while (start > 0 && i - start < 10 && word(at(t, start - 1))) {
        start--;
    }
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        if (start < i && word_at(t, start, words[k]) == i) {
            return true;
        }
    }
    return false;
}

static size_t ipv4_end(const struct text *t, size_t i) {
    for (int part = 0; part < 4; part++) {
        size_t n = digit_run(t, i, 4);
        if (n == 0 || n > 3 || value(t, i, n) > 255) {
            return 0;
        }
        i += n;
        if (part < 3) {
            if (at(t, i) != '.') {
                return 0;
            }
            i++;
        }
    }
    return word(at(t, i)) || (at(t, i) == '.' && digit(at(t, i + 1))) ? 0 : i;
}

RULE bool ipv4(const struct text *t, size_t i, struct match *m) {
    if (joined_left(t, i) && at(t, i - 1) == '.') {
        return false;
    }
    size_t end = ipv4_end(t, i);
    return end != 0 && !version_before(t, i) && found(m, i, end, DEID_IP);
}

RULE bool ipv6(const struct text *t, size_t i, struct match *m) {
    int groups = 0;
    bool gap = false;
    size_t j = i;
    if (at(t, j) == ':') {
        if (at(t, j + 1) != ':') {
            return false;
        }
        gap = true;
        j += 2;
    }
    size_t end = gap ? j : 0;
    while (groups < 8) {
        size_t n = 0;
        while (n < 5 && hex(at(t, j + n))) {
            n++;
        }
        if (n == 0 || n > 4) {
            break;
        }
        if (at(t, j + n) == '.' && ipv4_end(t, j) != 0) {
            groups += 2;
            end = ipv4_end(t, j);
            break;
        }
        groups++;
        j += n;
        end = j;
        if (at(t, j) != ':') {
            break;
        }
        if (at(t, j + 1) == ':') {
            if (gap) {
                break;
            }
            gap = true;
            j += 2;
            end = j;
        } else {
            j++;
        }
    }
    if (end == 0 || word(at(t, end)) || (gap ? groups < 2 || groups > 7 : groups != 8)) {
        return false;
    }
    if (at(t, end) == '%' && word(at(t, end + 1))) {
        for (end++; word(at(t, end)); end++) {
        }
    }
    return found(m, i, end, DEID_IP);
}

/* ---- addresses of the net ---- */

static bool ends_url(int c) { return c <= ' ' || c == '<' || c == '>' || c == '"' || c == '|' || c == '`' || c == 127; }

RULE size_t url_end(const struct text *t, size_t i) {
    size_t start = i;
    bool open = false;
    while (i < t->count && !ends_url(at(t, i))) {
        open = open || at(t, i) == '(';
        i++;
    }
    while (i > start) {
        int c = at(t, i - 1);
        bool trailing = c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '?' || c == '\'' ||
                        c == ']' || c == '}' || (c == ')' && !open);
        if (!trailing) {
            break;
        }
        i--;
    }
    return i;
}

RULE bool url(const struct text *t, size_t i, struct match *m) {
    size_t n = 0;
    while (n < 16 && word(at(t, i + n))) {
        n++;
    }
    bool scheme = n >= 2 && at(t, i + n) == ':' && at(t, i + n + 1) == '/' && at(t, i + n + 2) == '/';
    bool www = n == 3 && lower(at(t, i)) == 'w' && lower(at(t, i + 1)) == 'w' && lower(at(t, i + 2)) == 'w' &&
               at(t, i + 3) == '.' && word(at(t, i + 4));
    if (!scheme && !www) {
        return false;
    }
    size_t end = url_end(t, i);
    return end > i + n + (scheme ? 3 : 1) && found(m, i, end, DEID_URL);
}

static bool local_part(int c) {
    return word(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c == '\'' || c == '&' || c == '=';
}

/* End of the labels at i, joined by single dots. */
static size_t domain_end(const struct text *t, size_t i) {
    while (word(at(t, i)) || ((at(t, i) == '-' || at(t, i) == '.') && i > 0 && at(t, i - 1) != '.' &&
                              (word(at(t, i + 1)) || (at(t, i) == '-' && at(t, i + 1) == '-')))) {
        i++;
    }
    return i;
}

/* Each run is measured once, from its first word on; later words of it use the result. */
RULE bool email(struct text *t, size_t i, struct match *m) {
    if (i >= t->local_to) {
        size_t j = i;
        while (local_part(at(t, j))) {
            j++;
        }
        t->local_to = j;
    }
    if (at(t, t->local_to) != '@' || i < t->no_email_to) {
        return false;
    }
    size_t domain = t->local_to + 1;
    if (!word(at(t, domain))) {
        return false;
    }
    size_t end = domain_end(t, domain);
    bool dotted = false;
    for (size_t k = domain; !dotted && k < end; k++) {
        dotted = at(t, k) == '.';
    }
    if (!dotted && !letter(at(t, domain))) { /* 3@5 */
        t->no_email_to = t->local_to;
        return false;
    }
    return found(m, i, end, DEID_EMAIL);
}

RULE bool host_name(struct text *t, size_t i, struct match *m) {
    static const char *const tlds[] = {"com", "org", "net", "gov", "edu", "br", "info", "io", "uk", "eu", "health"};
    if (i >= t->host_to) {
        t->host_to = domain_end(t, i);
    }
    size_t end = t->host_to;
    size_t last = end;
    while (last > i && end - last < 7 && at(t, last - 1) != '.') { /* no domain in the list is longer */
        last--;
    }
    bool known = false;
    for (size_t k = 0; last > i && at(t, last - 1) == '.' && !known && k < sizeof tlds / sizeof tlds[0]; k++) {
        known = word_at(t, last, tlds[k]) == end;
    }
    if (!known || last - i < 3) {
        return false;
    }
    if (at(t, end) == '/' || at(t, end) == ':' || at(t, end) == '?') {
        end = url_end(t, end);
        end = end < last ? last : end;
    }
    return found(m, i, end, DEID_URL);
}

/* ---- labels ---- */

struct label {
    const char *words; /* lower case, folded; a space is one to three of space _ - */
    enum deid_tag tag;
    char kind;
    /* Kinds of value, and what must stand between label and value:
     *  S  a code; nothing needed       C  a code; ':', '#', "no." or at least 5 digits
     *  N  a code; '#', "no.", "ID", or ':' and 6 digits ("Order: 500 mg" is no order number)
     *  U  a code after a Brazilian state, as in CRO-SP 1234
     *  P  telephone, after ':' too     Q  telephone, ':' needed ("red cell 4500000")
     *  Z  ZIP     Y  birth: a year     D  a day and month     A  age */
    uint8_t least; /* digits the value must have */
};

static const struct label LABELS[] = {
    {"mrn", DEID_MRN, 'S', 3}, {"medical record", DEID_MRN, 'S', 3}, {"med rec", DEID_MRN, 'S', 3},
    {"prontuario", DEID_MRN, 'S', 3}, {"registro hospitalar", DEID_MRN, 'S', 3}, {"chart", DEID_MRN, 'N', 3},
    {"patient", DEID_MRN, 'N', 3}, {"pt", DEID_MRN, 'N', 3}, {"paciente", DEID_MRN, 'N', 3},
    {"patient identifier", DEID_MRN, 'C', 3}, {"rgh", DEID_MRN, 'S', 3}, {"unit number", DEID_MRN, 'C', 3},
    {"hospital", DEID_MRN, 'N', 3}, {"nhs", DEID_MRN, 'N', 10}, {"registro do paciente", DEID_MRN, 'S', 3},

    {"health plan", DEID_HEALTH_PLAN, 'C', 3}, {"health plan beneficiary", DEID_HEALTH_PLAN, 'C', 3},
    {"member", DEID_HEALTH_PLAN, 'N', 3}, {"subscriber", DEID_HEALTH_PLAN, 'C', 3},
    {"beneficiary", DEID_HEALTH_PLAN, 'C', 3}, {"beneficiario", DEID_HEALTH_PLAN, 'C', 3},
    {"hicn", DEID_HEALTH_PLAN, 'S', 3}, {"mbi", DEID_HEALTH_PLAN, 'S', 3}, {"medicare", DEID_HEALTH_PLAN, 'C', 3},
    {"medicaid", DEID_HEALTH_PLAN, 'C', 3}, {"policy", DEID_HEALTH_PLAN, 'C', 3},
    {"insurance", DEID_HEALTH_PLAN, 'N', 3}, {"insurance policy", DEID_HEALTH_PLAN, 'C', 3},
    {"group", DEID_HEALTH_PLAN, 'N', 3}, {"carteirinha", DEID_HEALTH_PLAN, 'S', 3},
    {"matricula", DEID_HEALTH_PLAN, 'C', 3}, {"convenio", DEID_HEALTH_PLAN, 'N', 3},
    {"plano de saude", DEID_HEALTH_PLAN, 'C', 4}, {"apolice", DEID_HEALTH_PLAN, 'C', 3},

    {"account", DEID_ACCOUNT, 'C', 3}, {"acct", DEID_ACCOUNT, 'C', 3}, {"a/c", DEID_ACCOUNT, 'C', 4},
    {"conta", DEID_ACCOUNT, 'C', 4}, {"conta corrente", DEID_ACCOUNT, 'C', 3}, {"bank account", DEID_ACCOUNT, 'C', 3},
    {"iban", DEID_ACCOUNT, 'S', 10}, {"credit card", DEID_ACCOUNT, 'C', 4}, {"cartao de credito", DEID_ACCOUNT, 'C', 4},
    {"invoice", DEID_ACCOUNT, 'C', 3},

    {"license", DEID_LICENSE, 'C', 3}, {"licence", DEID_LICENSE, 'C', 3}, {"lic", DEID_LICENSE, 'C', 3},
    {"certificate", DEID_LICENSE, 'C', 3}, {"cert", DEID_LICENSE, 'C', 3}, {"certidao", DEID_LICENSE, 'C', 3},
    {"driver's license", DEID_LICENSE, 'C', 3}, {"drivers license", DEID_LICENSE, 'C', 3},
    {"driver license", DEID_LICENSE, 'C', 3}, {"cnh", DEID_LICENSE, 'S', 5}, {"habilitacao", DEID_LICENSE, 'C', 5},
    {"crm", DEID_LICENSE, 'S', 4}, {"coren", DEID_LICENSE, 'S', 4}, {"cro", DEID_LICENSE, 'U', 3},
    {"crf", DEID_LICENSE, 'U', 3}, {"crn", DEID_LICENSE, 'U', 3}, {"crp", DEID_LICENSE, 'U', 3},
    {"crefito", DEID_LICENSE, 'U', 3}, {"npi", DEID_LICENSE, 'S', 10}, {"dea", DEID_LICENSE, 'S', 7},

    {"vin", DEID_VIN, 'S', 5}, {"chassi", DEID_VIN, 'S', 5}, {"chassis", DEID_VIN, 'S', 5},
    {"plate", DEID_PLATE, 'S', 2}, {"license plate", DEID_PLATE, 'S', 2}, {"licence plate", DEID_PLATE, 'S', 2},
    {"plate number", DEID_PLATE, 'S', 2}, {"placa", DEID_PLATE, 'S', 2}, {"placa do veiculo", DEID_PLATE, 'S', 2},

    {"s/n", DEID_DEVICE, 'S', 2}, {"sn", DEID_DEVICE, 'C', 3}, {"serial", DEID_DEVICE, 'C', 2},
    {"serial number", DEID_DEVICE, 'S', 2}, {"numero de serie", DEID_DEVICE, 'S', 2},
    {"no de serie", DEID_DEVICE, 'S', 2}, {"no serie", DEID_DEVICE, 'S', 2}, {"udi", DEID_DEVICE, 'S', 6},
    {"udi-di", DEID_DEVICE, 'S', 6}, {"imei", DEID_DEVICE, 'S', 10}, {"device", DEID_DEVICE, 'N', 2},
    {"device identifier", DEID_DEVICE, 'C', 2}, {"device serial", DEID_DEVICE, 'S', 2},

    {"ssn", DEID_SSN, 'S', 4}, {"ss", DEID_SSN, 'N', 4}, {"social security", DEID_SSN, 'S', 4},
    {"cpf", DEID_CPF, 'S', 9}, {"cnpj", DEID_CNPJ, 'S', 8}, {"cns", DEID_CNS, 'S', 11},
    {"cartao sus", DEID_CNS, 'S', 11}, {"cartao do sus", DEID_CNS, 'S', 11}, {"sus", DEID_CNS, 'S', 11},
    {"cartao nacional de saude", DEID_CNS, 'S', 11}, {"rg", DEID_RG, 'S', 5}, {"identidade", DEID_RG, 'C', 5},
    {"carteira de identidade", DEID_RG, 'S', 5}, {"registro geral", DEID_RG, 'S', 5},

    {"passport", DEID_ID, 'C', 4}, {"passaporte", DEID_ID, 'C', 4}, {"pis", DEID_ID, 'S', 9},
    {"pasep", DEID_ID, 'S', 9}, {"pis/pasep", DEID_ID, 'S', 9}, {"nis", DEID_ID, 'S', 9}, {"nit", DEID_ID, 'S', 9},
    {"titulo de eleitor", DEID_ID, 'S', 5}, {"titulo eleitoral", DEID_ID, 'S', 5}, {"accession", DEID_ID, 'C', 3},
    {"encounter", DEID_ID, 'N', 3}, {"visit", DEID_ID, 'N', 3}, {"specimen", DEID_ID, 'N', 3}, {"case", DEID_ID, 'N', 3},
    {"order", DEID_ID, 'N', 3}, {"referral", DEID_ID, 'N', 3}, {"claim", DEID_ID, 'N', 3}, {"itin", DEID_ID, 'S', 4},
    {"ein", DEID_ID, 'C', 7}, {"protocolo", DEID_ID, 'N', 3}, {"atendimento", DEID_ID, 'N', 3}, {"guia", DEID_ID, 'N', 4},
    {"id", DEID_ID, 'C', 3}, {"employee", DEID_ID, 'N', 3}, {"student", DEID_ID, 'N', 3},

    {"tel", DEID_PHONE, 'P', 7}, {"telephone", DEID_PHONE, 'P', 7}, {"telefone", DEID_PHONE, 'P', 7},
    {"phone", DEID_PHONE, 'P', 7}, {"fone", DEID_PHONE, 'P', 7},
    {"celular", DEID_PHONE, 'P', 7}, {"cel", DEID_PHONE, 'P', 7}, {"whatsapp", DEID_PHONE, 'P', 7},
    {"mobile", DEID_PHONE, 'Q', 7}, {"cell", DEID_PHONE, 'Q', 7}, {"pager", DEID_PHONE, 'P', 4},
    {"contato", DEID_PHONE, 'Q', 7}, {"contact", DEID_PHONE, 'Q', 7}, {"call", DEID_PHONE, 'P', 7},
    {"fax", DEID_FAX, 'P', 7}, {"facsimile", DEID_FAX, 'P', 7},

    {"zip", DEID_ZIP, 'Z', 5}, {"zip code", DEID_ZIP, 'Z', 5}, {"zipcode", DEID_ZIP, 'Z', 5},
    {"postal code", DEID_ZIP, 'Z', 5}, {"cep", DEID_CEP, 'S', 8},

    {"born", DEID_DATE, 'Y', 4}, {"born in", DEID_DATE, 'Y', 4}, {"dob", DEID_DATE, 'Y', 4}, {"yob", DEID_DATE, 'Y', 4},
    {"year of birth", DEID_DATE, 'Y', 4}, {"date of birth", DEID_DATE, 'Y', 4}, {"birth date", DEID_DATE, 'Y', 4},
    {"birthdate", DEID_DATE, 'Y', 4}, {"birth year", DEID_DATE, 'Y', 4}, {"nascido em", DEID_DATE, 'Y', 4},
    {"nascida em", DEID_DATE, 'Y', 4}, {"nasc", DEID_DATE, 'Y', 4}, {"nascimento", DEID_DATE, 'Y', 4},
    {"data de nascimento", DEID_DATE, 'Y', 4}, {"ano de nascimento", DEID_DATE, 'Y', 4}, {"dn", DEID_DATE, 'Y', 4},
    {"d.o.b", DEID_DATE, 'Y', 4},

    {"on", DEID_DATE, 'D', 2}, {"date", DEID_DATE, 'D', 2}, {"dated", DEID_DATE, 'D', 2}, {"since", DEID_DATE, 'D', 2},
    {"until", DEID_DATE, 'D', 2}, {"admitted", DEID_DATE, 'D', 2}, {"discharged", DEID_DATE, 'D', 2},
    {"seen", DEID_DATE, 'D', 2}, {"em", DEID_DATE, 'D', 2}, {"dia", DEID_DATE, 'D', 2}, {"data", DEID_DATE, 'D', 2},
    {"desde", DEID_DATE, 'D', 2},

    {"age", DEID_AGE, 'A', 2}, {"aged", DEID_AGE, 'A', 2}, {"age of", DEID_AGE, 'A', 2}, {"idade", DEID_AGE, 'A', 2},
    {"idade de", DEID_AGE, 'A', 2}};

/* End of the label at i, or 0. */
static size_t label_end(const struct text *t, size_t i, const char *words) {
    for (; *words != '\0'; words++) {
        int c = at(t, i);
        if (*words == ' ') {
            size_t k = 0;
            while (k < 3 && (blank(at(t, i + k)) || at(t, i + k) == '_' || at(t, i + k) == '-')) {
                k++;
            }
            if (k == 0) {
                return 0;
            }
            i += k;
        } else if (lower(c) == *words) {
            i++;
        } else {
            return 0;
        }
    }
    return letter(at(t, i)) ? 0 : i;
}

static size_t state_uf(const struct text *t, size_t i) {
    static const char ufs[] = "AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO";
    for (const char *p = ufs;; p += 3) {
        if (at(t, i) == p[0] && at(t, i + 1) == p[1] && !letter(at(t, i + 2))) {
            return i + 2;
        }
        if (p[2] == '\0') {
            return 0;
        }
    }
}

struct gap {
    size_t end;
    bool colon;    /* ':' or '=' or a stronger mark */
    bool numbered; /* '#', "no.", "number", "ID" */
};

/* What may stand between a label and its value: spaces, one line break, ':', '#', "no.", "number", ... */
RULE struct gap read_gap(const struct text *t, size_t i) {
    static const char *const numbers[] = {"no", "nos", "number", "numero", "num", "nr", "n", "id", "identifier", "code"};
    struct gap g = {.end = i};
    if (at(t, i) == '.') {
        i++;
    }
    for (int steps = 0; steps < 6; steps++) {
        int lines = 0;
        for (int k = 0; k < 16 && (space(at(t, i)) || at(t, i) == '_' || at(t, i) == '|'); k++) {
            lines += at(t, i) == '\n';
            if (lines > 1 || (lines == 1 && !g.colon)) {
                return g;
            }
            i++;
        }
        g.end = i;
        int c = at(t, i);
        if (c == '#') {
            g.colon = g.numbered = true;
            i++;
            continue;
        }
        if (c == ':' || c == '=') {
            g.colon = true;
            i++;
            continue;
        }
        if ((c == '-' || c == '(') && g.end == i && !digit(at(t, i + 1))) {
            if (c == '(') {
                return g;
            }
            i++;
            continue;
        }
        size_t after = word_at(t, i, "is");
        after = after != 0 ? after : word_at(t, i, "was");
        for (size_t k = 0; after == 0 && k < sizeof numbers / sizeof numbers[0]; k++) {
            after = word_at(t, i, numbers[k]);
            if (after != 0) {
                g.colon = g.numbered = true;
            }
        }
        if (after == 0) {
            return g;
        }
        i = at(t, after) == '.' ? after + 1 : after;
    }
    g.end = i;
    return g;
}

/* End of a code at i, e.g. 12-345/A, xxx-xx-1234, (01)0084…; *digits counts its digits. A run without a
 * digit near its start is no code: without that bound, "mrn-mrn-mrn-…" would be read again for every label. */
RULE size_t code_end(const struct text *t, size_t i, bool gs1, size_t *digits) {
    *digits = 0;
    size_t start = i;
    for (;;) {
        if (i - start > 64 && *digits == 0) {
            return start;
        }
        int c = at(t, i);
        int next = at(t, i + 1);
        if (word(c) || c == '*') {
            *digits += digit(c);
            i++;
        } else if (i > start && (joiner(c) || c == '_') && (word(next) || next == '*')) {
            i++;
        } else if (gs1 && (c == '(' || c == ')') && word(next)) {
            i++;
        } else {
            return i;
        }
    }
}

/* Further groups of `shortest` to 5 digits, one space apart, as in "123 456 789". */
static size_t spaced_groups(const struct text *t, size_t start, size_t end, size_t shortest) {
    if (end - start > 4 || digit_run(t, start, 5) != end - start) {
        return end;
    }
    for (int k = 0; k < 5 && at(t, end) == ' '; k++) {
        size_t n = digit_run(t, end + 1, 6);
        int after = at(t, end + 1 + n);
        if (n < shortest || n > 5 || word(after) || ((joiner(after) || after == ':' || after == ',') && digit(at(t, end + 2 + n)))) {
            break;
        }
        end += 1 + n;
    }
    return end;
}

RULE bool labelled_code(const struct text *t, size_t label, const struct label *l, struct match *m) {
    size_t i = label;
    bool has_uf = false;
    if (l->kind == 'U' || (l->tag == DEID_LICENSE && l->kind == 'S')) {
        size_t j = i;
        if (joiner(at(t, j)) || blank(at(t, j))) {
            j++;
        }
        size_t uf = state_uf(t, j);
        if (uf != 0) {
            has_uf = true;
            i = uf;
        }
    }
    struct gap g = read_gap(t, i);
    size_t start = g.end;
    if (start == label && !(l->kind == 'S' && digit(at(t, start)))) {
        return false;
    }
    /* All that can be refused without reading the code is refused here: see code_end. */
    if ((l->kind == 'N' && !g.numbered && !g.colon) || (l->kind == 'U' && !has_uf && !g.numbered) ||
        (l->tag == DEID_PLATE && !g.colon && !upper(at(t, start)))) {
        return false;
    }
    size_t digits = 0;
    size_t end = code_end(t, start, l->tag == DEID_DEVICE, &digits);
    if (end == start) {
        return false;
    }
    if (digits > 0 && !(l->tag == DEID_CEP)) {
        bool fixed = l->tag >= DEID_CPF || l->tag == DEID_SSN;
        size_t more = spaced_groups(t, start, end, fixed && l->tag != DEID_ID ? 2 : 3);
        for (size_t k = end; k < more; k++) {
            digits += digit(at(t, k));
        }
        end = more;
    }
    if (l->tag == DEID_PLATE && end - start <= 4 && at(t, end) == ' ') { /* ABC 1234 */
        size_t more_digits = 0;
        size_t more = code_end(t, end + 1, false, &more_digits);
        if (more > end + 1 && more_digits > 0 && more - end <= 6) {
            end = more;
            digits += more_digits;
        }
    }
    if (digits < (g.colon && l->kind == 'S' && l->least == 3 ? 1 : l->least) ||
        (l->tag == DEID_PLATE && end - start < 5) || (l->tag == DEID_VIN && end - start < 11)) {
        return false;
    }
    if (l->kind == 'C' && !g.colon && digits < 5) {
        return false;
    }
    if (l->kind == 'N' && !g.numbered && digits < 6) {
        return false;
    }
    return found(m, start, end, l->tag);
}

RULE bool labelled_date(const struct text *t, size_t label, const struct label *l, struct match *m) {
    struct gap g = read_gap(t, label);
    size_t i = g.end;
    if (i == label) {
        return false;
    }
    size_t first = digit_run(t, i, 9);
    if (l->kind == 'Y') {
        size_t in = word_at(t, i, "in");
        if (in != 0 && at(t, in) == ' ') {
            i = in + 1;
            first = digit_run(t, i, 9);
        }
        if (first == 4 && ends_number(t, i + 4) && !(at(t, i + 4) == '/' && digit(at(t, i + 5)))) {
            int year = value(t, i, 4);
            if (plausible_year(year) && year < t->reference_year - 89) {
                *m = date(t, i, i + 4, year);
                return true;
            }
            return false;
        }
        if ((first == 6 || first == 8) && ends_number(t, i + first)) {
            *m = date(t, i, i + first, 0);
            return true;
        }
    }
    if ((first != 1 && first != 2) || at(t, i + first) != '/') {
        return false;
    }
    size_t second = digit_run(t, i + first + 1, 3);
    size_t end = i + first + 1 + second;
    if ((second != 1 && second != 2) || !day_and_month(value(t, i, first), value(t, i + first + 1, second)) ||
        !ends_number(t, end) || at(t, end) == '/' || measured(t, end)) {
        return false;
    }
    *m = date(t, i, end, 0);
    return true;
}

RULE bool labelled_age(const struct text *t, size_t label, struct match *m) {
    static const char *const young[] = {"month", "months", "mo", "day", "days", "week", "weeks", "hour", "hours",
                                        "mes", "meses", "dia", "dias", "semanas", "horas", "d", "m", "w"};
    struct gap g = read_gap(t, label);
    size_t n = 0;
    if (g.end == label || !over_89(t, g.end, &n)) {
        return false;
    }
    size_t end = g.end + n;
    size_t unit = at(t, end) == ' ' || at(t, end) == '-' ? end + 1 : end;
    for (size_t k = 0; k < sizeof young / sizeof young[0]; k++) {
        if (word_at(t, unit, young[k]) != 0) {
            return false;
        }
    }
    return at(t, end) != '%' && at(t, end) != '/' && found(m, g.end, end, DEID_AGE);
}

RULE bool labelled(const struct text *t, size_t i, struct match *m) {
    const struct label *longest = NULL;
    size_t end = 0;
    int first = lower(at(t, i));
    for (size_t k = 0; k < sizeof LABELS / sizeof LABELS[0]; k++) {
        if (LABELS[k].words[0] == first) {
            size_t e = label_end(t, i, LABELS[k].words);
            if (e > end) {
                end = e;
                longest = &LABELS[k];
            }
        }
    }
    if (longest == NULL) {
        return false;
    }
    struct gap g;
    switch (longest->kind) {
    case 'P':
    case 'Q': {
        g = read_gap(t, end);
        int c = at(t, g.end);
        if (g.end == end || (longest->kind == 'Q' && !g.colon) || !(digit(c) || c == '+' || c == '(')) {
            return false;
        }
        size_t to = loose_number(t, g.end, longest->least, 15);
        return to != 0 && !word(at(t, to)) && found(m, g.end, skip_extension(t, to), longest->tag);
    }
    case 'Z':
        g = read_gap(t, end);
        return zip(t, g.end, m);
    case 'Y':
    case 'D':
        return labelled_date(t, end, longest, m);
    case 'A':
        return labelled_age(t, end, m);
    default:
        return labelled_code(t, end, longest, m);
    }
}

/* "AZ 85001", "Phoenix, Arizona 85001". */
RULE bool state_zip(const struct text *t, size_t i, struct match *m) {
    static const char codes[] =
        "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND "
        "OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY PR VI GU AS MP AA AE AP";
    static const char *const names[] = {
        "alabama", "alaska", "arizona", "arkansas", "california", "colorado", "connecticut", "delaware", "florida",
        "georgia", "hawaii", "idaho", "illinois", "indiana", "iowa", "kansas", "kentucky", "louisiana", "maine",
        "maryland", "massachusetts", "michigan", "minnesota", "mississippi", "missouri", "montana", "nebraska",
        "nevada", "hampshire", "jersey", "mexico", "york", "carolina", "dakota", "ohio", "oklahoma", "oregon",
        "pennsylvania", "island", "tennessee", "texas", "utah", "vermont", "virginia", "washington", "wisconsin",
        "wyoming", "columbia"};
    if (!upper(at(t, i))) {
        return false;
    }
    size_t end = 0;
    if (upper(at(t, i + 1)) && !word(at(t, i + 2))) {
        for (const char *p = codes;; p += 3) {
            if (at(t, i) == p[0] && at(t, i + 1) == p[1]) {
                end = i + 2;
            }
            if (p[2] == '\0') {
                break;
            }
        }
    } else {
        for (size_t k = 0; end == 0 && k < sizeof names / sizeof names[0]; k++) {
            end = lower(at(t, i)) == names[k][0] ? word_at(t, i, names[k]) : 0;
        }
    }
    if (end == 0) {
        return false;
    }
    if (at(t, end) == ',' || at(t, end) == '.') {
        end++;
    }
    size_t gap = 0;
    while (gap < 4 && (space(at(t, end + gap)) || at(t, end + gap) == '^')) { /* ^: HL7 v2 XAD */
        gap++;
    }
    return gap > 0 && zip(t, end + gap, m) && !measured(t, m->end);
}

/* ---- the scan ---- */

RULE bool at_letter(struct text *t, size_t i, struct match *m) {
    return url(t, i, m) || email(t, i, m) || labelled(t, i, m) || month_first(t, i, m) || state_zip(t, i, m) ||
           coded_token(t, i, m) || mac_address(t, i, m) || ipv6(t, i, m) || host_name(t, i, m);
}

RULE bool at_digit(struct text *t, size_t i, struct match *m) {
    return email(t, i, m) || full_date(t, i, m) || day_first(t, i, m) || compact_date(t, i, m) ||
           checked_number(t, i, m) || ipv4(t, i, m) || mac_address(t, i, m) || ipv6(t, i, m) || age(t, i, m) ||
           phone(t, i, m) || postal_code(t, i, m) || short_date(t, i, m) || coded_token(t, i, m) ||
           host_name(t, i, m);
}

RULE bool udi(const struct text *t, size_t i, struct match *m) { /* GS1: (01) and a 14-digit GTIN */
    size_t end = shape(t, i, "(01)dddddddddddddd");
    size_t digits = 0;
    return end != 0 && found(m, i, code_end(t, i, true, &digits), DEID_DEVICE);
}

RULE bool match_at(struct text *t, size_t i, struct match *m) {
    int c = at(t, i);
    bool inside = i > t->tagged_to && word(at(t, i - 1));
    if (digit(c)) {
        return inside ? letter(at(t, i - 1)) && full_date(t, i, m) : at_digit(t, i, m);
    }
    if (inside) {
        return false;
    }
    if (letter(c)) {
        return at_letter(t, i, m);
    }
    if (c == '+') {
        return phone(t, i, m);
    }
    if (c == '(') {
        return udi(t, i, m) || phone(t, i, m);
    }
    return c == ':' && ipv6(t, i, m);
}

struct writer {
    const uint8_t *text;
    const uint8_t *widths;
    size_t unit;
    size_t byte;
    deid_sink sink;
    void *context;
};

RULE size_t byte_of(const struct writer *w, size_t unit) {
    size_t byte = w->byte;
    for (size_t u = w->unit; u < unit; u++) {
        byte += w->widths[u];
    }
    return byte;
}

static int copy_to(struct writer *w, size_t unit) {
    size_t end = byte_of(w, unit);
    int failed = end > w->byte ? w->sink(w->context, w->text + w->byte, end - w->byte) : 0;
    w->unit = unit;
    w->byte = end;
    return failed;
}

static void skip_to(struct writer *w, size_t unit) {
    w->byte = byte_of(w, unit);
    w->unit = unit;
}

RULE int write_tag(struct writer *w, const struct match *m) {
    char tag[32];
    size_t n = 0;
    tag[n++] = '[';
    for (const char *p = deid_tag_names[m->tag]; *p != '\0'; p++) {
        tag[n++] = *p;
    }
    if (m->tag == DEID_DATE && m->year != 0) {
        tag[n++] = ' ';
        for (int power = 1000; power > 0; power /= 10) {
            tag[n++] = (char)('0' + m->year / power % 10);
        }
    }
    if (m->tag == DEID_ZIP) {
        const char *kept = kept_zip3(m->zip3);
        tag[n++] = ' ';
        memcpy(tag + n, kept, 3);
        memcpy(tag + n + 3, "**", 2);
        n += 5;
    }
    tag[n++] = ']';
    return w->sink(w->context, (const uint8_t *)tag, n);
}

enum deid_status deidentify(const uint8_t *text, size_t length, uint8_t *scratch, int reference_year,
                            deid_sink sink, void *context, struct deid_report *report) {
    *report = (struct deid_report){0};
    uint8_t *units = scratch;
    uint8_t *widths = scratch + length;
    struct text t = {.units = units, .reference_year = reference_year};
    size_t read = read_units(text, length, units, widths, &t.count);
    if (read < length) {
        report->error_offset = read;
        return DEID_INVALID_UTF8;
    }
    struct writer w = {.text = text, .widths = widths, .sink = sink, .context = context};
    size_t i = 0;
    while (i < t.count) {
        struct match m;
        if (match_at(&t, i, &m)) {
            if (copy_to(&w, m.start) != 0 || write_tag(&w, &m) != 0) {
                return DEID_SINK_FAILED;
            }
            skip_to(&w, m.end);
            report->counts[m.tag]++;
            i = m.end;
            t.tagged_to = m.end;
            continue;
        }
        i++;
        while (i < t.count && word(at(&t, i)) && word(at(&t, i - 1)) &&
               !(digit(at(&t, i)) && letter(at(&t, i - 1)))) {
            i++;
        }
    }
    return copy_to(&w, t.count) == 0 ? DEID_OK : DEID_SINK_FAILED;
}
