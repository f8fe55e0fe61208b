/** Pages and their fragments, rendered on the server. */
@NullMarked
package dev.ampoule.dashboard;

import org.jspecify.annotations.NullMarked;
