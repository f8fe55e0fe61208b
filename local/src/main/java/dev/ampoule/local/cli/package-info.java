/**
 * The commands of {@code ampoule} that talk to a running deployment, the local one or any other,
 * over its REST API alone.
 */
@NullMarked
package dev.ampoule.local.cli;

import org.jspecify.annotations.NullMarked;
