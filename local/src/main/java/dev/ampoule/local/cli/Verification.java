package dev.ampoule.local.cli;

import java.util.List;
import java.util.Objects;

/** How the verification of an audit log came out. */
public sealed interface Verification {
  /**
   * The log was read.
   *
   * @param ok whether all is as it was written; there is no finding then
   * @param complete whether there are no more findings than these
   */
  record Checked(
      boolean ok, long blocks, long entries, long chains, List<Finding> findings, boolean complete)
      implements Verification {
    public Checked {
      findings = List.copyOf(findings);
    }
  }

  /**
   * The export or the key could not be read.
   *
   * @param reason which of the two and why, as one line
   */
  record Unreadable(String reason) implements Verification {
    public Unreadable {
      Objects.requireNonNull(reason, "reason");
    }
  }

  /**
   * Something that is not as it was written.
   *
   * @param where a block's key; a checkpoint's name or another key, said to be one
   * @param problem what: a stable name
   */
  record Finding(String where, String problem) {
    public Finding {
      Objects.requireNonNull(where, "where");
      Objects.requireNonNull(problem, "problem");
    }
  }
}
