package dev.ampoule.audit;

/** Keys that sign nothing but tests; made with openssl genpkey. */
public final class Keys {
  static final String PRIVATE = "MC4CAQAwBQYDK2VwBCIEIGT86E/gdXlEvsTGwErYq9Pjhz0l93VEXFGSdbgdCJCU";
  static final String PUBLIC = "MCowBQYDK2VwAyEALqh+CNRbjmP2K2Sh5Xag8KJtHNSqMwk595o55zS+G9U=";
  static final String OTHER_PRIVATE =
      "MC4CAQAwBQYDK2VwBCIEIKkpDq2u3IvtDNDER0FQw/LFBcs1EphlaGC81EVnCR0w";
  static final String OTHER_PUBLIC = "MCowBQYDK2VwAyEA3sBJD+WqPJ9U9Z9BV/RRA0ArzuKQmSUMfQ0xx8qKTNQ=";

  public static final CheckpointSigner SIGNER = CheckpointSigner.of(PRIVATE, PUBLIC);
  public static final CheckpointSigner OTHER = CheckpointSigner.of(OTHER_PRIVATE, OTHER_PUBLIC);

  private Keys() {}
}
