package dev.ampoule.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.audit.AuditReview.Identified;
import dev.ampoule.audit.AuditReview.Lookup;
import dev.ampoule.plugin.PluginName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AuditReviewTest {
  private static final PluginName NEWS2 = new PluginName("news2");
  private static final Actor NURSE = Actor.ofSubject("nurse-1").orElseThrow();
  private static final AuditEntry NEWS2_BY_NURSE =
      AuditEntry.of(Entries.TIME, AuditAction.INVOKE, NURSE, AuditOutcome.SUCCESS)
          .plugin(NEWS2)
          .build();
  private static final AuditEntry NEWS2_TRAP =
      AuditEntry.of(Entries.TIME, AuditAction.INVOKE, Actor.ANONYMOUS, AuditOutcome.TRAP)
          .plugin(NEWS2)
          .build();
  private static final AuditEntry REVIEWED =
      AuditEntry.of(Entries.TIME, AuditAction.READ_AUDIT, NURSE, AuditOutcome.SUCCESS).build();

  private static final AuditBlock A0 =
      Entries.first(
          Entries.CHAIN_A, Entries.TIME, Entries.FULL, NEWS2_BY_NURSE, NEWS2_TRAP, REVIEWED);
  private static final AuditBlock A1 = Entries.after(A0, Entries.numbered(1), NEWS2_BY_NURSE);
  private static final AuditBlock B0 =
      Entries.first(Entries.CHAIN_B, Entries.TIME.plusMillis(1), NEWS2_TRAP);

  private final InMemoryAuditBlocks blocks = new InMemoryAuditBlocks();
  private final AuditReview review = new AuditReview(blocks);

  @BeforeEach
  void fill() {
    List.of(A0, A1, B0).forEach(blocks::putNew);
  }

  private static AuditQuery query(int limit) {
    return new AuditQuery(
        TimeRange.ALL,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        limit,
        Optional.empty());
  }

  private List<String> all(AuditQuery query) {
    List<String> ids = new ArrayList<>();
    Optional<AuditCursor> next = Optional.empty();
    do {
      AuditReview.Entries page =
          review.find(
              new AuditQuery(
                  query.range(),
                  query.plugin(),
                  query.actor(),
                  query.outcome(),
                  query.limit(),
                  next));
      assertThat(page.items().size()).isLessThanOrEqualTo(query.limit());
      for (Identified item : page.items()) {
        String chain = item.id().block().chain().equals(Entries.CHAIN_A) ? "A" : "B";
        ids.add(chain + item.id().block().seq() + "." + item.id().index());
        assertThat(review.byId(item.id())).isEqualTo(new Lookup.Found(item));
      }
      next = page.next().map(c -> AuditCursor.parse(c.toString()).orElseThrow());
    } while (next.isPresent());
    return ids;
  }

  @Test
  void entriesComeNewestFirstWhateverTheSizeOfThePage() {
    for (int limit = 1; limit <= 8; limit++) {
      assertThat(all(query(limit)))
          .containsExactly("A1.1", "A1.0", "B0.0", "A0.3", "A0.2", "A0.1", "A0.0");
    }
  }

  @Test
  void everyFilterHolds() {
    Optional<PluginName> news2 = Optional.of(NEWS2);
    Optional<Actor> nurse = Optional.of(NURSE);
    Optional<AuditOutcome> trap = Optional.of(AuditOutcome.TRAP);
    for (int limit : new int[] {1, 2, 10}) {
      assertThat(all(filtered(news2, Optional.empty(), Optional.empty(), limit)))
          .containsExactly("A1.1", "B0.0", "A0.2", "A0.1");
      assertThat(all(filtered(Optional.empty(), nurse, Optional.empty(), limit)))
          .containsExactly("A1.1", "A0.3", "A0.1");
      assertThat(all(filtered(Optional.empty(), Optional.empty(), trap, limit)))
          .containsExactly("B0.0", "A0.2");
      assertThat(all(filtered(news2, nurse, Optional.empty(), limit)))
          .containsExactly("A1.1", "A0.1");
      assertThat(all(filtered(news2, nurse, trap, limit))).isEmpty();
    }
  }

  private static AuditQuery filtered(
      Optional<PluginName> plugin,
      Optional<Actor> actor,
      Optional<AuditOutcome> outcome,
      int limit) {
    return new AuditQuery(TimeRange.ALL, plugin, actor, outcome, limit, Optional.empty());
  }

  @Test
  void theRangeIsOfTheEntriesOwnTimesAlsoWhereTheirBlockIsLate() {
    // Both blocks were put together later than the only entry time there is.
    TimeRange range = new TimeRange(Entries.TIME, Entries.TIME.plusMillis(1));
    assertThat(
            all(
                new AuditQuery(
                    range,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    10,
                    Optional.empty())))
        .hasSize(7);
    TimeRange later = new TimeRange(Entries.TIME.plusMillis(1), Entries.TIME.plusSeconds(9));
    assertThat(
            all(
                new AuditQuery(
                    later,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    10,
                    Optional.empty())))
        .isEmpty();
  }

  @Test
  void aPageThatFindsNothingEndsAfterABoundedNumberOfBlocks() {
    int most = AuditReview.STORE_PAGES_MAX * AuditBlocks.REVIEW_PAGE_MAX;
    AuditBlock last = A1;
    for (int i = 0; i < most; i++) {
      last = Entries.after(last, Entries.numbered(i));
      blocks.putNew(last);
    }
    AuditQuery query = filtered(Optional.of(NEWS2), Optional.empty(), Optional.empty(), 10);
    AuditReview.Entries page = review.find(query);
    assertThat(page.items()).isEmpty();
    assertThat(page.next()).isPresent();
    assertThat(all(query)).containsExactly("A1.1", "B0.0", "A0.2", "A0.1");
  }

  @Test
  void aDamagedBlockIsNamedAndNothingOfItShown() {
    StoredBlock good = blocks.get(A0.key()).orElseThrow();
    byte[] bytes = good.bytes().clone();
    bytes[bytes.length - 3] ^= 1;
    blocks.replace(new StoredBlock(good.key(), bytes, good.hash(), Map.copyOf(good.index())));
    AuditReview.Entries page = review.find(query(100));
    assertThat(page.damaged()).containsExactly(A0.key());
    assertThat(page.items()).hasSize(3);
    assertThat(review.byId(new AuditId(A0.key(), 0))).isEqualTo(new Lookup.Damaged(A0.key()));
  }

  @Test
  void anIdThatLeadsNowhereIsUnknown() {
    assertThat(review.byId(new AuditId(new BlockKey(Entries.CHAIN_A, 9), 0)))
        .isEqualTo(new Lookup.Unknown());
    assertThat(review.byId(new AuditId(A1.key(), 2))).isEqualTo(new Lookup.Unknown());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "|0",
        "2026-11-23T13:35:52.123Z",
        "2026-11-23T13:35:52.123Z|",
        "2026-11-23T13:35:52.123Z|1",
        "2026-11-23T13:35:52.123Z|00",
        "2026-11-23T13:35:52.123Z|-1",
        "2026-11-23T13:35:52Z|0",
        "1999-11-23T13:35:52.123Z|0",
        "2026-11-23T13:35:52.123Z#019a0000-0000-7000-8000-00000000000a#1|0",
        "2026-11-23T13:35:52.123Z#019a0000-0000-7000-8000-00000000000a#00000000000x|0",
        "2026-11-23T13:35:52.123Z#019a0000-0000-4000-8000-00000000000a#000000000001|0",
        "2026-11-23T13:35:52.123Z#019a0000-0000-7000-8000-00000000000a#000000000001|1001",
      })
  void aCursorOfAnyOtherFormIsRefused(String plain) {
    String text =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(plain.getBytes(StandardCharsets.US_ASCII));
    assertThat(AuditCursor.parse(text)).isEmpty();
    assertThat(AuditCursor.parse(plain)).isEmpty();
  }

  @Test
  void aCursorIsReadBack() {
    Instant time = Entries.TIME.plus(Duration.ofDays(1));
    for (AuditCursor cursor :
        List.of(
            new AuditCursor(TimePosition.before(time), 0),
            new AuditCursor(A1.position(), 0),
            new AuditCursor(A1.position(), 1000))) {
      assertThat(AuditCursor.parse(cursor.toString())).hasValue(cursor);
      assertThat(AuditCursor.parse(cursor + "=")).isEmpty();
    }
  }
}
