package dev.ampoule.invocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ampoule.plugin.Capabilities;
import dev.ampoule.plugin.Limits;
import dev.ampoule.plugin.Manifest;
import dev.ampoule.plugin.Phi;
import dev.ampoule.plugin.PluginName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

final class BulkheadsTest {
  private static final PluginName A = new PluginName("a");
  private static final PluginName B = new PluginName("b");

  private static Bulkheads.Capacity capacity(
      int calls, int httpCalls, long pagesEach, long pages, int queue, Duration wait) {
    return new Bulkheads.Capacity(calls, httpCalls, pagesEach, pages, queue, wait);
  }

  private static Manifest manifest(int pages, String... hosts) {
    return new Manifest(
        true,
        "",
        Optional.empty(),
        Optional.empty(),
        Manifest.OUTPUT_DEFAULT,
        new Capabilities(Map.of(), Optional.of(List.of(hosts)), 0, List.of(), false),
        new Limits(
            Limits.DEFAULT.timeout(),
            pages,
            Limits.DEFAULT.inputBytes(),
            Limits.DEFAULT.outputBytes()),
        Phi.NONE,
        Manifest.OnFailure.CLOSED);
  }

  @Test
  void onePluginsCallsLeaveRoomForAnothers() {
    var bulkheads = new Bulkheads(capacity(2, 2, 100, 1_000, 0, Duration.ZERO));
    var first = bulkheads.enter(A, manifest(1)).orElseThrow();
    var _ = bulkheads.enter(A, manifest(1)).orElseThrow();
    assertThat(bulkheads.enter(A, manifest(1))).isEmpty();
    assertThat(bulkheads.enter(B, manifest(1))).isPresent();
    first.close();
    assertThat(bulkheads.enter(A, manifest(1))).isPresent();
  }

  @Test
  void onePluginsMemoryLeavesRoomForAnothers() {
    var bulkheads = new Bulkheads(capacity(9, 9, 10, 15, 0, Duration.ZERO));
    var _ = bulkheads.enter(A, manifest(6)).orElseThrow();
    assertThat(bulkheads.enter(A, manifest(5))).isEmpty();
    var _ = bulkheads.enter(A, manifest(4)).orElseThrow();
    assertThat(bulkheads.enter(B, manifest(6))).as("of all together").isEmpty();
    assertThat(bulkheads.enter(B, manifest(5))).isPresent();
  }

  @Test
  void oneCallMayAlwaysRunHoweverMuchItDeclares() {
    var bulkheads = new Bulkheads(capacity(9, 9, 10, 15, 0, Duration.ZERO));
    assertThat(bulkheads.enter(A, manifest(8_192))).isPresent();
    assertThat(bulkheads.enter(A, manifest(1))).isEmpty();
  }

  @Test
  void whatMayHoldAConnectionMayRunLessOften() {
    var bulkheads = new Bulkheads(capacity(9, 1, 100, 100, 0, Duration.ZERO));
    var _ = bulkheads.enter(A, manifest(1, "api.example.org")).orElseThrow();
    assertThat(bulkheads.enter(A, manifest(1, "api.example.org"))).isEmpty();
    assertThat(bulkheads.enter(B, manifest(1))).isPresent();
    assertThat(bulkheads.enter(B, manifest(1))).isPresent();
  }

  @Test
  void callsWaitInTheOrderTheyCame() throws Exception {
    var bulkheads = new Bulkheads(capacity(1, 1, 100, 100, 3, Duration.ofMinutes(1)));
    var running = bulkheads.enter(A, manifest(1)).orElseThrow();
    var entered = new ConcurrentLinkedQueue<Integer>();
    var done = new ArrayList<CompletableFuture<Void>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 3; i++) {
        int number = i;
        done.add(
            CompletableFuture.runAsync(
                () -> {
                  try (var room = bulkheads.enter(A, manifest(1)).orElseThrow()) {
                    assertThat(room).isNotNull();
                    entered.add(number);
                  }
                },
                threads));
        while (bulkheads.waiting(A) <= i) {
          Thread.onSpinWait();
        }
      }
      assertThat(bulkheads.enter(A, manifest(1))).as("the queue is full").isEmpty();
      assertThat(bulkheads.tryEnter(A, manifest(1))).isEmpty();
      running.close();
      for (var each : done) {
        each.get();
      }
    }
    assertThat(entered).containsExactly(0, 1, 2);
    assertThat(bulkheads.waiting(A)).isZero();
    assertThat(bulkheads.tryEnter(A, manifest(1))).isPresent();
  }

  @Test
  void whoWaitedLongEnoughIsRefusedAndBlocksNobody() {
    var bulkheads = new Bulkheads(capacity(1, 1, 100, 100, 3, Duration.ofMillis(20)));
    var running = bulkheads.enter(A, manifest(1)).orElseThrow();
    assertThat(bulkheads.enter(A, manifest(1))).isEmpty();
    running.close();
    assertThat(bulkheads.enter(A, manifest(1))).isPresent();
  }

  @Test
  void aProcessGivesOnePluginHalfOfItsHeapAndThreeQuartersToAll() {
    assertThat(Bulkheads.Capacity.ofHeap(1L << 30).pages()).isEqualTo(12_288);
    assertThat(Bulkheads.Capacity.ofHeap(1L << 30).pagesPerPlugin()).isEqualTo(8_192);
  }
}
