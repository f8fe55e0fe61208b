/**
 * Runs one untrusted module once: inspection, compilation, the ABIs and their limits. The only
 * importer of Chicory.
 */
@NullMarked
package dev.ampoule.sandbox;

import org.jspecify.annotations.NullMarked;
