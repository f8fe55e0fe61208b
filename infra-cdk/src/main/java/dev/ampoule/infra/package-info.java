/** What AWS runs: the CDK app, one construct for each slice. */
@NullMarked
package dev.ampoule.infra;

import org.jspecify.annotations.NullMarked;
