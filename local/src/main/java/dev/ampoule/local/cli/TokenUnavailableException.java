package dev.ampoule.local.cli;

import java.io.IOException;

/** The local issuer has a key and yet gave no token. */
final class TokenUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  TokenUnavailableException(IOException cause) {
    super("no token of the local issuer: " + cause.getMessage(), cause);
  }
}
