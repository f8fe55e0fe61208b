package dev.ampoule.invocation;

import dev.ampoule.audit.RequestId;
import dev.ampoule.plugin.Phi;
import dev.ampoule.privacy.Redacted;
import dev.ampoule.privacy.Redactor;
import dev.ampoule.registry.VersionRecord;
import dev.ampoule.sandbox.PluginCall;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes plugins' log lines to the platform's log. A plugin that is given PHI could write it into a
 * line, and no pattern finds a name: of such a plugin only level and length are written (RATIONALE:
 * "What stops PHI from reaching a log?").
 */
public final class PluginLog {
  private static final Logger LOG = LoggerFactory.getLogger("plugin");

  PluginCall.LogSink sink(VersionRecord version, RequestId requestId) {
    boolean mayHoldPhi = version.manifest().phi().access() != Phi.Access.NONE;
    return (level, text) -> {
      var line =
          mayHoldPhi
              ? Redacted.of(text.forCaller().length()).plus(" characters, not shown: phi.access")
              : Redactor.line(text.forCaller());
      LOG.info("{}@{} {} {}: {}", version.name(), version.version(), requestId, level, line);
    };
  }
}
