package dev.ampoule.local.cli;

import java.net.URI;

/** No answer came. */
final class ServerUnreachableException extends Exception {
  private static final long serialVersionUID = 1;

  private final URI origin;

  /**
   * @param origin scheme, host and port alone: the query of a presigned URL is a credential
   */
  ServerUnreachableException(URI origin, String reason) {
    super("cannot reach " + origin + ": " + reason);
    this.origin = origin;
  }

  URI origin() {
    return origin;
  }
}
