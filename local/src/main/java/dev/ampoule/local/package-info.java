/**
 * Ampoule on one machine: the AWS edge (embedded DynamoDB and S3), the HTTP API gateway, the token
 * issuer and the {@code ampoule} command line. Development and test only: nothing here runs in
 * Lambda.
 */
@NullMarked
package dev.ampoule.local;

import org.jspecify.annotations.NullMarked;
