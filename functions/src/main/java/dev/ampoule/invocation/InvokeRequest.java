package dev.ampoule.invocation;

import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.policy.Principal;
import java.util.Optional;

/**
 * A request to run a plugin.
 *
 * @param version empty for the live one
 * @param function empty for the manifest's default
 * @param routeKey what chooses between the live version and a canary; empty for chance
 * @param input is not copied
 */
@SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
public record InvokeRequest(
    Principal principal,
    PluginName plugin,
    Optional<PluginVersion> version,
    Optional<FunctionName> function,
    Optional<RouteKey> routeKey,
    byte[] input,
    RequestId requestId) {
  /** One that chance routes. */
  public InvokeRequest(
      Principal principal,
      PluginName plugin,
      Optional<PluginVersion> version,
      Optional<FunctionName> function,
      byte[] input,
      RequestId requestId) {
    this(principal, plugin, version, function, Optional.empty(), input, requestId);
  }

  @Override
  public String toString() {
    return "InvokeRequest[" + plugin + ", " + input.length + " bytes, " + requestId + "]";
  }
}
