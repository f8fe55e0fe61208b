package dev.ampoule.audit;

import java.util.ArrayList;
import java.util.List;

/** An audit log that keeps its entries in a list, each in a block of its own. */
public final class RecordingAuditLog implements AuditLog {
  private final ChainId chain = ChainId.random(java.time.Clock.systemUTC());
  private final List<AuditEntry> entries = new ArrayList<>();
  private boolean down;

  /** Makes every append fail, as a store that is out of reach does. */
  public synchronized void down(boolean isDown) {
    down = isDown;
  }

  @Override
  public synchronized AuditId append(AuditEntry entry) throws AuditUnavailableException {
    if (down) {
      throw new AuditUnavailableException(AuditUnavailableException.Phase.STORE, null);
    }
    entries.add(entry);
    return new AuditId(new BlockKey(chain, entries.size() - 1), 0);
  }

  public synchronized List<AuditEntry> entries() {
    return List.copyOf(entries);
  }
}
