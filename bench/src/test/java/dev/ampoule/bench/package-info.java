/** What the platform does under load: processes of their own, real sockets, real handlers. */
@NullMarked
package dev.ampoule.bench;

import org.jspecify.annotations.NullMarked;
