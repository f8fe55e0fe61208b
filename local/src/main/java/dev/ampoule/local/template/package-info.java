/**
 * What a CloudFormation template says, for one machine to run: read, its references resolved, its
 * resources as typed records. Nothing is started here.
 */
@NullMarked
package dev.ampoule.local.template;

import org.jspecify.annotations.NullMarked;
