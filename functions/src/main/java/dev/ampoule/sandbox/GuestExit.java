package dev.ampoule.sandbox;

/** Unwinds the plugin's frames after {@code proc_exit}. Never leaves a run. */
final class GuestExit extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;

  GuestExit(int code) {
    super(null, null, false, false);
    this.code = code;
  }

  int code() {
    return code;
  }
}
