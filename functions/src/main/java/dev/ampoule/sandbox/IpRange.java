package dev.ampoule.sandbox;

import java.net.InetAddress;
import java.util.Arrays;

/** A range of IP addresses in CIDR form (RFC 4632, RFC 4291 §2.3), such as {@code 10.1.0.0/16}. */
public final class IpRange {
  private final byte[] network;
  private final int bits;

  private IpRange(byte[] network, int bits) {
    this.network = network;
    this.bits = bits;
  }

  /**
   * The range that a text names.
   *
   * @throws IllegalArgumentException when the text is not an address literal, a slash and a number
   *     of bits
   */
  public static IpRange parse(String cidr) {
    int slash = cidr.indexOf('/');
    try {
      byte[] network = InetAddress.ofLiteral(cidr.substring(0, Math.max(0, slash))).getAddress();
      int bits = Integer.parseInt(cidr.substring(slash + 1));
      if (bits >= 0 && bits <= network.length * Byte.SIZE) {
        return new IpRange(network, bits);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not a CIDR range: " + cidr, e);
    }
    throw new IllegalArgumentException("not a CIDR range: " + cidr);
  }

  boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != network.length) {
      return false;
    }
    int whole = bits / Byte.SIZE;
    int rest = bits % Byte.SIZE;
    return Arrays.equals(bytes, 0, whole, network, 0, whole)
        && (rest == 0
            || (bytes[whole] & 0xFF) >> (Byte.SIZE - rest)
                == (network[whole] & 0xFF) >> (Byte.SIZE - rest));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof IpRange that
        && bits == that.bits
        && Arrays.equals(network, that.network);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(network) + bits;
  }
}
