package dev.ampoule.audit;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.plugin.PurposeOfUse;
import dev.ampoule.privacy.Redacted;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;

/**
 * One thing that was done or refused. Every component is of a closed form: there is no place for
 * free text, hence none for PHI.
 *
 * @param time when it began, cut to the millisecond, within {@link #TIME_MIN} and {@link #TIME_MAX}
 * @param detail cut down to its length where it is longer than {@value #DETAIL_CHARS_MAX}
 *     characters: an entry is never lost for being wordy
 * @param signedBy the trusted key that signed the module
 * @param policy the policy that decided
 * @param duration wall-clock time, not negative, cut to the millisecond
 * @param inputBytes bytes of the request body, not negative
 * @param outputBytes bytes of the response body, not negative
 */
public record AuditEntry(
    Instant time,
    AuditAction action,
    Actor actor,
    Optional<PluginName> plugin,
    Optional<PluginVersion> version,
    Optional<ContentDigest> digest,
    Optional<SigningKeyId> signedBy,
    Optional<FunctionName> function,
    AuditOutcome outcome,
    Redacted detail,
    Optional<PolicyId> policy,
    Optional<RequestId> request,
    Optional<PurposeOfUse> purposeOfUse,
    Duration duration,
    long inputBytes,
    long outputBytes) {
  public static final int DETAIL_CHARS_MAX = 1000;

  /** Before the platform was; a clock that says so is wrong. */
  public static final Instant TIME_MIN = Instant.parse("2026-01-01T00:00:00Z");

  /** The last that sorts as text. */
  public static final Instant TIME_MAX = Instant.parse("9999-12-30T23:59:59.999Z");

  public AuditEntry {
    time = requireTime(time);
    Objects.requireNonNull(action, "action");
    Objects.requireNonNull(actor, "actor");
    Objects.requireNonNull(plugin, "plugin");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(digest, "digest");
    Objects.requireNonNull(signedBy, "signedBy");
    Objects.requireNonNull(function, "function");
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(purposeOfUse, "purposeOfUse");
    int detailChars = detail.toString().length();
    if (detailChars > DETAIL_CHARS_MAX) {
      detail = Redacted.literal("[").plus(Redacted.of(detailChars)).plus(" characters]");
    }
    duration = duration.truncatedTo(ChronoUnit.MILLIS);
    if (duration.isNegative()) {
      throw new IllegalArgumentException("duration " + duration);
    }
    requireNotNegative("inputBytes", inputBytes);
    requireNotNegative("outputBytes", outputBytes);
  }

  static Instant requireTime(Instant time) {
    if (time.isBefore(TIME_MIN) || time.isAfter(TIME_MAX)) {
      throw new IllegalArgumentException(
          "time " + time + " is not within " + TIME_MIN + ".." + TIME_MAX);
    }
    return time.truncatedTo(ChronoUnit.MILLIS);
  }

  private static void requireNotNegative(String field, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(field + " " + value);
    }
  }

  /** Starts an entry of which all else is empty or 0. */
  public static Builder of(Instant time, AuditAction action, Actor actor, AuditOutcome outcome) {
    return new Builder(time, action, actor, outcome);
  }

  /** Collects what is known of one thing that was done. For one thread. */
  public static final class Builder {
    private final Instant time;
    private final AuditAction action;
    private final Actor actor;
    private final AuditOutcome outcome;
    private Optional<PluginName> plugin = Optional.empty();
    private Optional<PluginVersion> version = Optional.empty();
    private Optional<ContentDigest> digest = Optional.empty();
    private Optional<SigningKeyId> signedBy = Optional.empty();
    private Optional<FunctionName> function = Optional.empty();
    private Redacted detail = Redacted.EMPTY;
    private Optional<PolicyId> policy = Optional.empty();
    private Optional<RequestId> request = Optional.empty();
    private Optional<PurposeOfUse> purposeOfUse = Optional.empty();
    private Duration duration = Duration.ZERO;
    private long inputBytes;
    private long outputBytes;

    private Builder(Instant time, AuditAction action, Actor actor, AuditOutcome outcome) {
      this.time = time;
      this.action = action;
      this.actor = actor;
      this.outcome = outcome;
    }

    public Builder plugin(PluginName value) {
      plugin = Optional.of(value);
      return this;
    }

    public Builder version(PluginVersion value) {
      version = Optional.of(value);
      return this;
    }

    public Builder digest(ContentDigest value) {
      digest = Optional.of(value);
      return this;
    }

    public Builder signedBy(SigningKeyId value) {
      signedBy = Optional.of(value);
      return this;
    }

    public Builder function(FunctionName value) {
      function = Optional.of(value);
      return this;
    }

    public Builder detail(Redacted value) {
      detail = value;
      return this;
    }

    public Builder policy(PolicyId value) {
      policy = Optional.of(value);
      return this;
    }

    public Builder request(RequestId value) {
      request = Optional.of(value);
      return this;
    }

    public Builder purposeOfUse(PurposeOfUse value) {
      purposeOfUse = Optional.of(value);
      return this;
    }

    public Builder duration(Duration value) {
      duration = value;
      return this;
    }

    public Builder inputBytes(long value) {
      inputBytes = value;
      return this;
    }

    public Builder outputBytes(long value) {
      outputBytes = value;
      return this;
    }

    public AuditEntry build() {
      return new AuditEntry(
          time,
          action,
          actor,
          plugin,
          version,
          digest,
          signedBy,
          function,
          outcome,
          detail,
          policy,
          request,
          purposeOfUse,
          duration,
          inputBytes,
          outputBytes);
    }
  }
}
