/** What may be written down: redacted text, and the redactor that makes it. */
@NullMarked
package dev.ampoule.privacy;

import org.jspecify.annotations.NullMarked;
