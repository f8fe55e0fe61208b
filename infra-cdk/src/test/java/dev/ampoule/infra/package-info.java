@NullMarked
package dev.ampoule.infra;

import org.jspecify.annotations.NullMarked;
