package dev.ampoule.sandbox;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One exchange with one HTTP server, redirects not followed. Whether the plugin may ask that host
 * is already decided; whether the host's address may be reached is decided here, on the very
 * address that is connected to, so that a name cannot change its meaning in between.
 */
public interface HttpAccess {

  Reply exchange(Exchange exchange);

  /**
   * What is asked.
   *
   * @param uri absolute, http or https, without user info
   * @param method an RFC 9110 token
   * @param headers fields as the plugin gave them, without those that the connection owns
   * @param body empty means none
   * @param timeout time left for all of it
   * @param responseBytesMax bytes the answer's body may have
   */
  @SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
  record Exchange(
      URI uri,
      String method,
      Map<String, String> headers,
      byte[] body,
      Duration timeout,
      int responseBytesMax) {
    public Exchange {
      headers = Map.copyOf(headers);
    }

    @Override
    public String toString() {
      return "Exchange[" + body.length + " bytes]";
    }
  }

  /** How an exchange ended. */
  sealed interface Reply {}

  /**
   * What came back, whatever its status.
   *
   * @param headers names in lower case, the values of each in the order they came in
   */
  @SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
  record Answered(int status, Map<String, List<String>> headers, byte[] body) implements Reply {
    public Answered {
      headers = Map.copyOf(headers);
    }

    @Override
    public String toString() {
      return "Answered[" + status + ", " + body.length + " bytes]";
    }
  }

  /** Every address of the host is one that plugins may not reach. */
  record AddressRefused() implements Reply {}

  record BodyTooLong() implements Reply {}

  record TimeRanOut() implements Reply {}

  record Failed(Failure failure) implements Reply {}

  enum Failure {
    UNKNOWN_HOST,
    NO_CONNECTION,
    TLS,
    BROKEN_ANSWER
  }

  /** Refuses every address: for platforms that give no plugin a way out. */
  HttpAccess NONE = exchange -> new AddressRefused();
}
