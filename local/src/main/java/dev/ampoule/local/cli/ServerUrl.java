package dev.ampoule.local.cli;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/** Where a deployment is: {@code http(s)://host[:port][/path]}, kept without a slash at its end. */
record ServerUrl(URI uri) {
  static final String FORM = "must be http(s)://host[:port][/path]";

  /** Empty where {@code text} is not of that form; user info, query and fragment are not. */
  static Optional<ServerUrl> parse(String text) {
    try {
      URI uri = new URI(text.replaceAll("/+$", ""));
      return isHttp(uri)
              && uri.getRawUserInfo() == null
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null
          ? Optional.of(new ServerUrl(uri))
          : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  static boolean isHttp(URI uri) {
    String scheme = uri.getScheme();
    return scheme != null
        && (scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https"))
        && uri.getHost() != null;
  }

  URI resolve(ApiPath path) {
    return URI.create(uri + path.encoded());
  }

  boolean isEncrypted() {
    return uri.getScheme().equalsIgnoreCase("https");
  }

  boolean isLoopback() {
    return isLoopback(uri);
  }

  /** By its name alone: who answers DNS does not get to be this machine. */
  static boolean isLoopback(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    if (host.equals("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Scheme, host and port. */
  static URI origin(URI uri) {
    return URI.create(
        uri.getScheme() + "://" + uri.getHost() + (uri.getPort() == -1 ? "" : ":" + uri.getPort()));
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}
