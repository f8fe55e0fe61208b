package dev.ampoule.local.cli;

/** What the server said. */
sealed interface Reply {
  /** 2xx. */
  @SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
  record Success(String call, byte[] body) implements Reply {
    @Override
    public String toString() {
      return "Success[" + call + ", " + body.length + " bytes]";
    }
  }

  record Refused(Problem problem) implements Reply {}
}
