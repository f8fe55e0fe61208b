/** From an uploaded object to a version that can be invoked. */
@NullMarked
package dev.ampoule.registry;

import org.jspecify.annotations.NullMarked;
