package dev.ampoule.entry;

import java.net.URI;
import java.util.Locale;

/**
 * Every kind of error a caller can meet: a stable {@code type} (RFC 9457 §3.1.1), a status, a
 * title.
 */
public enum ProblemType {
  BAD_REQUEST(400, "The request is not as it must be"),
  UNKNOWN_FUNCTION(400, "The plugin has no such function"),
  FUNCTION_NEEDED(400, "The plugin has several functions and none was named"),
  UNAUTHENTICATED(401, "No valid bearer token"),
  FORBIDDEN(403, "Policy does not permit this"),
  CAPABILITY_DENIED(403, "The plugin called for a capability it was not granted"),
  UNKNOWN_PLUGIN(404, "No such plugin"),
  UNKNOWN_VERSION(404, "The plugin has no such version"),
  NOTHING_LIVE(404, "The plugin has no live version"),
  UNKNOWN_ENTRY(404, "No such audit entry"),
  UNKNOWN_ROUTE(404, "No such resource"),
  DAMAGED_BLOCK(409, "The audit block is not what it was"),
  EXPORT_TOO_LARGE(409, "The audit log is too large for one answer"),
  WRONG_STATE(409, "The version's state does not allow this"),
  VERSION_EXISTS(409, "The version exists already; versions are immutable"),
  NO_EARLIER_VERSION(409, "There is no earlier version to go back to"),
  SHADOW_HAS_EFFECTS(409, "A version that reaches outside cannot run in the shadow"),
  CONTENDED(409, "Others are changing the same plugin"),
  INPUT_BYTES_LIMIT(413, "The input is larger than the plugin takes"),
  PLUGIN_ERROR(422, "The plugin returned an error"),
  TOO_MANY_CALLS(429, "The plugin has too many calls under way"),
  PLUGIN_TRAPPED(502, "The plugin broke"),
  OUTPUT_BYTES_LIMIT(502, "The plugin wrote more output than it may"),
  MEMORY_PAGES_LIMIT(502, "The plugin needed more memory than it may use"),
  TABLE_ELEMENTS_LIMIT(502, "The plugin needed larger tables than it may use"),
  VARS_BYTES_LIMIT(502, "The plugin kept more in variables than it may"),
  LOG_BYTES_LIMIT(502, "The plugin logged more than it may"),
  HOST_CALLS_LIMIT(502, "The plugin made more host calls than it may"),
  CALL_DEPTH_LIMIT(502, "The plugin nested calls deeper than it may"),
  HTTP_RESPONSE_BYTES_LIMIT(502, "The plugin was sent a larger http response than it may take"),
  DEGRADED(503, "Something this depends on does not answer"),
  CIRCUIT_OPEN(503, "The version broke too often"),
  TIME_LIMIT(504, "The plugin took longer than it may"),
  INTERNAL(500, "Something broke here");

  private final int status;
  private final String title;

  ProblemType(int status, String title) {
    this.status = status;
    this.title = title;
  }

  public int status() {
    return status;
  }

  public String title() {
    return title;
  }

  public URI type() {
    return URI.create(
        "https://ampoule.dev/problems/" + name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }
}
