/** The Lambda handlers: parse, call, render. The only importer of the Lambda events. */
@NullMarked
package dev.ampoule.entry;

import org.jspecify.annotations.NullMarked;
