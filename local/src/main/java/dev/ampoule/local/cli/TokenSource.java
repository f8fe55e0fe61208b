package dev.ampoule.local.cli;

import java.io.IOException;
import java.util.Optional;

/** Issues tokens for the stack on this machine. */
@FunctionalInterface
public interface TokenSource {
  /**
   * A bearer token in JWS compact form (RFC 7515 §3.1), good for at least some minutes; empty where
   * this machine has no issuer's key, as before its first {@code ampoule up}.
   *
   * @throws IOException where there is one that cannot be read; the message is shown, so it holds
   *     nothing of the key
   */
  Optional<String> token() throws IOException;
}
