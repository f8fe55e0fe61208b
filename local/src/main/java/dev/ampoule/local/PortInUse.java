package dev.ampoule.local;

import java.io.IOException;

/** Another process listens on the port; the message names the port and the option to change it. */
public final class PortInUse extends IOException {
  private static final long serialVersionUID = 1L;

  private final int port;

  public PortInUse(int port, String option, Throwable cause) {
    super(
        "port %d is in use by another process; stop it or choose another port with %s"
            .formatted(port, option),
        cause);
    this.port = port;
  }

  public int port() {
    return port;
  }
}
