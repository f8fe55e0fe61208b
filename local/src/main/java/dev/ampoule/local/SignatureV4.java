package dev.ampoule.local;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a request signed in its {@code Authorization} header (IAM User Guide, "AWS Signature
 * Version 4 for API requests"). The SDK can only sign, and s3proxy's verifier knows S3's rules
 * alone.
 */
final class SignatureV4 {
  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          "AWS4-HMAC-SHA256\\s+Credential=([^/,\\s]+)/(\\d{8})/([^/,\\s]+)/([^/,\\s]+)/aws4_request\\s*,"
              + "\\s*SignedHeaders=([^,\\s]+)\\s*,\\s*Signature=([0-9a-f]{64})");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** What AWS allows between a signature and its own clock. */
  private static final Duration MAX_SKEW = Duration.ofMinutes(5);

  private final String accessKeyId;
  private final String secretAccessKey;
  private final String region;
  private final String service;
  private final Clock clock;

  /** Derived once a day: four of the five HMACs. */
  private volatile @Nullable DatedKey key;

  SignatureV4(
      String accessKeyId, String secretAccessKey, String region, String service, Clock clock) {
    this.accessKeyId = Objects.requireNonNull(accessKeyId, "accessKeyId");
    this.secretAccessKey = Objects.requireNonNull(secretAccessKey, "secretAccessKey");
    this.region = Objects.requireNonNull(region, "region");
    this.service = Objects.requireNonNull(service, "service");
    this.clock = Objects.requireNonNull(clock, "clock");
  }

  /** Why a request is refused, in AWS's words; all of them are 403. */
  enum Refusal {
    MISSING("MissingAuthenticationTokenException", "Missing Authentication Token"),
    UNKNOWN_KEY(
        "UnrecognizedClientException", "The security token included in the request is invalid."),
    EXPIRED("InvalidSignatureException", "Signature expired or not yet valid."),
    MISMATCH(
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided.");

    private final String type;
    private final String message;

    Refusal(String type, String message) {
      this.type = type;
      this.message = message;
    }

    String type() {
      return type;
    }

    String message() {
      return message;
    }
  }

  /** Empty where the signature is right. */
  Optional<Refusal> refusal(GatewayRequest request) {
    Map<String, String> headers = headers(request);
    String authorization = headers.get("authorization");
    if (authorization == null) {
      return Optional.of(Refusal.MISSING);
    }
    Matcher given = AUTHORIZATION.matcher(authorization);
    if (!given.matches()) {
      return Optional.of(Refusal.MISSING);
    }
    if (!given.group(1).equals(accessKeyId)) {
      return Optional.of(Refusal.UNKNOWN_KEY);
    }
    String time = headers.getOrDefault("x-amz-date", "");
    if (!time.startsWith(given.group(2)) || !isNow(time)) {
      return Optional.of(Refusal.EXPIRED);
    }
    List<String> signed = List.of(given.group(5).split(";"));
    if (!given.group(3).equals(region)
        || !given.group(4).equals(service)
        || !signed.contains("host")
        || !headers.keySet().containsAll(signed)) {
      return Optional.of(Refusal.MISMATCH);
    }
    String scope = "%s/%s/%s/aws4_request".formatted(given.group(2), region, service);
    String toSign =
        "AWS4-HMAC-SHA256\n%s\n%s\n%s"
            .formatted(
                time,
                scope,
                hex(sha256(utf8(canonical(request, headers, signed, given.group(5))))));
    byte[] expected = hmac(signingKey(given.group(2)), toSign);
    return MessageDigest.isEqual(expected, HexFormat.of().parseHex(given.group(6)))
        ? Optional.empty()
        : Optional.of(Refusal.MISMATCH);
  }

  private boolean isNow(String time) {
    try {
      Instant signed = TIME.parse(time, Instant::from);
      return Duration.between(signed, clock.instant()).abs().compareTo(MAX_SKEW) <= 0;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static String canonical(
      GatewayRequest request,
      Map<String, String> headers,
      List<String> signed,
      String signedHeaders) {
    int mark = request.target().indexOf('?');
    String path = mark < 0 ? request.target() : request.target().substring(0, mark);
    var canonical = new StringBuilder(512);
    canonical.append(request.method()).append('\n');
    // The path as it was sent, encoded once more: of all services only S3 does without.
    canonical.append(encoded(path)).append('\n');
    canonical.append(mark < 0 ? "" : sortedQuery(request.target().substring(mark + 1)));
    canonical.append('\n');
    for (String name : signed) {
      canonical.append(name).append(':').append(headers.get(name)).append('\n');
    }
    return canonical
        .append('\n')
        .append(signedHeaders)
        .append('\n')
        .append(hex(sha256(request.body())))
        .toString();
  }

  /** Lower case, inner white space collapsed, several joined with commas. */
  private static Map<String, String> headers(GatewayRequest request) {
    Map<String, String> headers = new HashMap<>();
    for (HttpHeader header : request.headers()) {
      headers.merge(
          header.name().toLowerCase(Locale.ROOT),
          header.value().strip().replaceAll(" +", " "),
          (first, next) -> first + "," + next);
    }
    return headers;
  }

  private static String sortedQuery(String query) {
    List<String> pairs = new ArrayList<>();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        pairs.add(pair.contains("=") ? pair : pair + "=");
      }
    }
    Collections.sort(pairs);
    return String.join("&", pairs);
  }

  private static String encoded(String path) {
    var encoded = new StringBuilder(path.length() + 16);
    for (byte b : utf8(path)) {
      char c = (char) (b & 0xFF);
      if (c < 0x80 && (Character.isLetterOrDigit(c) || "-_.~/".indexOf(c) >= 0)) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return encoded.toString();
  }

  private byte[] signingKey(String date) {
    DatedKey known = key;
    if (known == null || !known.date.equals(date)) {
      byte[] bytes = utf8("AWS4" + secretAccessKey);
      for (String part : Arrays.asList(date, region, service, "aws4_request")) {
        bytes = hmac(bytes, part);
      }
      known = new DatedKey(date, bytes);
      key = known;
    }
    return known.bytes;
  }

  private static byte[] hmac(byte[] key, String data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(utf8(data));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  private static byte[] sha256(byte[] data) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static final class DatedKey {
    private final String date;
    private final byte[] bytes;

    DatedKey(String date, byte[] bytes) {
      this.date = date;
      this.bytes = bytes;
    }
  }
}
