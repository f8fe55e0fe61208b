package dev.ampoule.sandbox;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which addresses plugins may reach: globally reachable unicast ones, after the registries of
 * special-purpose addresses (IANA, RFC 6890), and the ranges an operator adds. So no loopback, no
 * private network, no cloud metadata service.
 *
 * @param alsoReachable ranges open to plugins although they are special, such as a hospital's own
 *     network
 */
public record AddressPolicy(Set<IpRange> alsoReachable) {
  public static final AddressPolicy PUBLIC_ONLY = new AddressPolicy(Set.of());

  private static final List<IpRange> SPECIAL_IPV4 =
      ranges(
          "0.0.0.0/8", // this network
          "10.0.0.0/8", // private
          "100.64.0.0/10", // carrier-grade NAT
          "127.0.0.0/8", // loopback
          "169.254.0.0/16", // link-local, cloud metadata
          "172.16.0.0/12", // private
          "192.0.0.0/24", // IETF protocol assignments
          "192.0.2.0/24", // documentation
          "192.31.196.0/24", // AS112
          "192.52.193.0/24", // AMT
          "192.88.99.0/24", // 6to4 relay
          "192.168.0.0/16", // private
          "192.175.48.0/24", // AS112
          "198.18.0.0/15", // benchmarking
          "198.51.100.0/24", // documentation
          "203.0.113.0/24", // documentation
          "224.0.0.0/4", // multicast
          "240.0.0.0/4"); // reserved, broadcast

  /** IPv6 has one range of global unicast addresses; the rest, ULA and NAT64 too, is special. */
  private static final IpRange GLOBAL_IPV6 = IpRange.parse("2000::/3");

  private static final List<IpRange> SPECIAL_IPV6 =
      ranges(
          "2001::/23", // IETF protocol assignments, Teredo
          "2001:db8::/32", // documentation
          "2002::/16", // 6to4: an IPv4 address inside
          "2620:4f:8000::/48", // AS112
          "3fff::/20"); // documentation

  public AddressPolicy {
    alsoReachable = Set.copyOf(alsoReachable);
  }

  public boolean permits(InetAddress address) {
    return alsoReachable.stream().anyMatch(range -> range.contains(address)) || isPublic(address);
  }

  /** Java hands out an IPv4-mapped IPv6 address as the IPv4 address it is. */
  private static boolean isPublic(InetAddress address) {
    return address instanceof Inet6Address
        ? GLOBAL_IPV6.contains(address)
            && SPECIAL_IPV6.stream().noneMatch(range -> range.contains(address))
        : SPECIAL_IPV4.stream().noneMatch(range -> range.contains(address));
  }

  private static List<IpRange> ranges(String... cidrs) {
    return Stream.of(cidrs).map(IpRange::parse).toList();
  }
}
