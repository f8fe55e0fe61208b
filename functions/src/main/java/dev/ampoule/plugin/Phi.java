package dev.ampoule.plugin;

import java.util.List;
import java.util.Optional;

/**
 * How a plugin meets protected health information.
 *
 * @param purposes what the plugin may be run for
 * @param legalBasis the article relied on, as free text, such as {@code LGPD Art. 11, II, f}
 */
public record Phi(Access access, List<PurposeOfUse> purposes, Optional<String> legalBasis) {
  public enum Access {
    NONE,
    REDACTED,
    RAW
  }

  public static final Phi NONE = new Phi(Access.NONE, List.of(), Optional.empty());

  public Phi {
    purposes = List.copyOf(purposes);
  }
}
