package dev.ampoule.entry;

import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A handler's part in a snapshot of its process. Lambda calls the first hook when a version is
 * published, the second in every execution environment that starts from the snapshot.
 */
final class SnapStart implements Resource {
  private static final Logger LOG = LoggerFactory.getLogger(SnapStart.class);

  private final Wiring wiring;
  private final Runnable prime;

  SnapStart(Wiring wiring, Runnable prime) {
    this.wiring = wiring;
    this.prime = prime;
  }

  /** Where there is no CRaC, nothing will come of it. */
  void register() {
    Core.getGlobalContext().register(this);
  }

  /** Never throws for a store that does not answer: that would fail the publishing. */
  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) {
    wiring.beforeCheckpoint();
    try {
      prime.run();
    } catch (RuntimeException e) {
      LOG.warn("this snapshot starts cold: {}", e.getClass().getName());
    }
  }

  /** Waits for nothing: it is part of a cold start. */
  @Override
  public void afterRestore(Context<? extends Resource> context) {
    wiring.afterRestore();
  }
}
