/**
 * What happened, provably: hash-chained blocks of entries, signed checkpoints and their
 * verification.
 */
@NullMarked
package dev.ampoule.audit;

import org.jspecify.annotations.NullMarked;
