/** One invocation from request to audited answer. */
@NullMarked
package dev.ampoule.invocation;

import org.jspecify.annotations.NullMarked;
