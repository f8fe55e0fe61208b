package dev.ampoule.plugin;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a plugin may reach beyond its input. Nothing is granted that is not listed.
 *
 * @param config what {@code config_get} answers
 * @param httpHosts where {@code http_request} may go; empty means http was not declared at all, an
 *     empty list means it was declared and grants no host. A host is a name, {@code name:port} or
 *     {@code *.suffix}
 * @param varsBytes bytes that all variables of one call may hold together, names included
 * @param publishTopics topics the plugin may publish to
 * @param log whether its log lines are kept; they are counted either way
 */
public record Capabilities(
    Map<String, String> config,
    Optional<List<String>> httpHosts,
    int varsBytes,
    List<String> publishTopics,
    boolean log) {
  /** Extism's own default for {@code max_var_bytes}. */
  public static final int VARS_BYTES_DEFAULT = 1024 * 1024;

  public static final int VARS_BYTES_MAX = 16 * 1024 * 1024;

  public static final Capabilities NONE =
      new Capabilities(Map.of(), Optional.empty(), VARS_BYTES_DEFAULT, List.of(), false);

  public Capabilities {
    config = Map.copyOf(config);
    httpHosts = httpHosts.map(List::copyOf);
    publishTopics = List.copyOf(publishTopics);
    if (varsBytes < 0 || varsBytes > VARS_BYTES_MAX) {
      throw new IllegalArgumentException("varsBytes " + varsBytes);
    }
  }
}
