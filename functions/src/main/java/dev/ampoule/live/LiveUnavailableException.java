package dev.ampoule.live;

/** The store of events or connections is broken, contended or out of reach. */
public final class LiveUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LiveUnavailableException(Throwable cause) {
    super("the store of events does not answer", cause);
  }

  /** What is read is not there yet; the next try finds it. */
  public LiveUnavailableException(String what) {
    super(what);
  }
}
