/** Who may do what: principals, tokens and the gate every request passes. */
@NullMarked
package dev.ampoule.policy;

import org.jspecify.annotations.NullMarked;
