package dev.ampoule.plugin;

import java.util.Optional;

/**
 * What the author of a version declares in {@code plugin.json}.
 *
 * @param declared whether there was a {@code plugin.json}; without one nothing is granted
 * @param description for people, at most {@value #DESCRIPTION_CHARS_MAX} characters
 * @param function what is called when a request names none
 * @param input media type the plugin takes
 * @param output media type it answers with
 */
public record Manifest(
    boolean declared,
    String description,
    Optional<FunctionName> function,
    Optional<String> input,
    String output,
    Capabilities capabilities,
    Limits limits,
    Phi phi,
    OnFailure onFailure) {
  public static final int DESCRIPTION_CHARS_MAX = 1000;
  public static final String OUTPUT_DEFAULT = "application/octet-stream";

  /** What happens to the input when the plugin cannot be run. */
  public enum OnFailure {
    CLOSED,
    OPEN
  }

  /** A module that came alone: no capability, default limits. */
  public static final Manifest UNDECLARED =
      new Manifest(
          false,
          "",
          Optional.empty(),
          Optional.empty(),
          OUTPUT_DEFAULT,
          Capabilities.NONE,
          Limits.DEFAULT,
          Phi.NONE,
          OnFailure.CLOSED);

  public Manifest {
    if (description.length() > DESCRIPTION_CHARS_MAX) {
      throw new IllegalArgumentException("description, " + description.length() + " characters");
    }
  }
}
