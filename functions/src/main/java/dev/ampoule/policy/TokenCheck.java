package dev.ampoule.policy;

/** What came of checking a bearer token. */
public sealed interface TokenCheck {
  record Valid(Principal principal) implements TokenCheck {}

  record Invalid(Reason reason) implements TokenCheck {}

  /** Why a request is not authenticated; never the token or a part of it. */
  enum Reason {
    MISSING,
    /** Not a JWS in compact form, or signed with an algorithm that is not accepted. */
    MALFORMED,
    /** No key of the issuer verifies it. */
    BAD_SIGNATURE,
    EXPIRED,
    /** Issuer, audience, subject or another claim is not as required. */
    BAD_CLAIMS,
    /** The issuer's keys cannot be had right now. */
    KEYS_UNAVAILABLE
  }
}
