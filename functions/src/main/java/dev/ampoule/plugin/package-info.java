/**
 * What a plugin is: its name, version, manifest, capabilities, limits and states. Uses nothing
 * else.
 */
@NullMarked
package dev.ampoule.plugin;

import org.jspecify.annotations.NullMarked;
