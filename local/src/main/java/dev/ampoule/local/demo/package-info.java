/**
 * A ward of invented patients: how their vital signs change, the HL7 v2 messages a monitor would
 * send of them, and what is read back from FHIR. No network and no clock.
 */
@NullMarked
package dev.ampoule.local.demo;

import org.jspecify.annotations.NullMarked;
