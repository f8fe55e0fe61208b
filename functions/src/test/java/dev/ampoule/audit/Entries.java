package dev.ampoule.audit;

import dev.ampoule.plugin.ContentDigest;
import dev.ampoule.plugin.FunctionName;
import dev.ampoule.plugin.PluginName;
import dev.ampoule.plugin.PluginVersion;
import dev.ampoule.plugin.PurposeOfUse;
import dev.ampoule.privacy.Redacted;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Entries and chains that tests use. */
public final class Entries {
  public static final Instant TIME = Instant.parse("2026-11-23T13:35:52.123Z");
  public static final ChainId CHAIN_A = new ChainId("019a0000-0000-7000-8000-00000000000a");
  public static final ChainId CHAIN_B = new ChainId("019a0000-0000-7000-8000-00000000000b");

  /** Every component set. */
  public static final AuditEntry FULL =
      AuditEntry.of(
              TIME,
              AuditAction.INVOKE,
              Actor.ofSubject("dr.house@example").orElseThrow(),
              AuditOutcome.LIMIT)
          .plugin(new PluginName("hl7v2-to-fhir"))
          .version(new PluginVersion("1.2.3"))
          .digest(ContentDigest.of(new byte[] {1, 2, 3}))
          .signedBy(new SigningKeyId(Sha256.of(new byte[] {4, 5, 6})))
          .function(new FunctionName("convert"))
          .detail(Redacted.literal("memory limit of ").plus(Redacted.of(1024)).plus(" pages"))
          .policy(new PolicyId("permit-by-role"))
          .request(new RequestId("JKJaXmPLvHcESHA="))
          .purposeOfUse(PurposeOfUse.TREAT)
          .duration(Duration.ofMillis(17))
          .inputBytes(2048)
          .outputBytes(4096)
          .build();

  private Entries() {}

  /** An entry told from others by its number of input bytes. */
  public static AuditEntry numbered(long number) {
    return AuditEntry.of(TIME, AuditAction.INVOKE, Actor.SYSTEM, AuditOutcome.SUCCESS)
        .inputBytes(number)
        .build();
  }

  /** The block after {@code previous} in its chain, a second later. */
  public static AuditBlock after(AuditBlock previous, AuditEntry... entries) {
    return AuditBlock.of(
        new BlockKey(previous.key().chain(), previous.key().seq() + 1),
        previous.hash(),
        previous.time().plusSeconds(1),
        List.of(entries));
  }

  /** The first block of a chain. */
  public static AuditBlock first(ChainId chain, Instant time, AuditEntry... entries) {
    return AuditBlock.of(new BlockKey(chain, 0), Sha256.ZERO, time, List.of(entries));
  }
}
