/* Replaces identifiers that have a pattern by typed tags. Pure: no input or output of its own. */
#ifndef DEIDENTIFY_H
#define DEIDENTIFY_H

#include <stddef.h>
#include <stdint.h>

enum deid_tag {
    DEID_DATE,
    DEID_AGE,
    DEID_PHONE,
    DEID_FAX,
    DEID_EMAIL,
    DEID_SSN,
    DEID_MRN,
    DEID_HEALTH_PLAN,
    DEID_ACCOUNT,
    DEID_LICENSE,
    DEID_VIN,
    DEID_PLATE,
    DEID_DEVICE,
    DEID_URL,
    DEID_IP,
    DEID_ZIP,
    DEID_CEP,
    DEID_CPF,
    DEID_CNPJ,
    DEID_CNS,
    DEID_RG,
    DEID_ID,
    DEID_TAG_COUNT
};

/* Name of a tag as it appears between the brackets, e.g. "HEALTH PLAN". */
extern const char *const deid_tag_names[DEID_TAG_COUNT];

/* Receives the output in order; returns 0, or non-zero to stop. */
typedef int (*deid_sink)(void *context, const uint8_t *bytes, size_t count);

enum deid_status {
    DEID_OK,
    DEID_INVALID_UTF8, /* `error_offset` is the byte at which the first invalid sequence starts */
    DEID_SINK_FAILED   /* the sink returned non-zero */
};

struct deid_report {
    size_t error_offset;
    size_t counts[DEID_TAG_COUNT];
};

/* Bytes of scratch memory `deidentify` needs for `length` bytes of input. */
#define DEID_SCRATCH_BYTES(length) (2 * (length))

/*
 * De-identifies `length` bytes of UTF-8 text. `scratch` has DEID_SCRATCH_BYTES(length) bytes.
 * `reference_year`: a calendar year more than 89 years before it is not kept in a [DATE] tag
 * (45 CFR 164.514(b)(2)(i)(C)). The sink sees nothing when the text is not valid UTF-8.
 */
enum deid_status deidentify(const uint8_t *text, size_t length, uint8_t *scratch,
                            int reference_year, deid_sink sink, void *context,
                            struct deid_report *report);

#endif
