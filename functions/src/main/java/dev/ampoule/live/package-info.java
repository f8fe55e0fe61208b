/** Topics, who listens to them, and how an event reaches each of them once and in order. */
@NullMarked
package dev.ampoule.live;

import org.jspecify.annotations.NullMarked;
