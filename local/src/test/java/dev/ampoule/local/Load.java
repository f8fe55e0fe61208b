package dev.ampoule.local;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls of a plugin that takes JSON, one after another on several threads until it is closed. Each
 * has an input of a length of its own, by which its audit entry is known.
 */
final class Load implements AutoCloseable {
  private static final int THREADS = 6;

  /** Leaves the machine, which runs the server too, some time of its own. */
  private static final Duration PAUSE = Duration.ofMillis(10);

  /**
   * One call and what came of it.
   *
   * @param status empty where there was no answer
   */
  record Call(int inputBytes, Optional<Integer> status, Optional<String> auditId) {
    boolean answered() {
      return status.equals(Optional.of(200));
    }

    boolean refused() {
      return status.isPresent() && !answered();
    }
  }

  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
  private final AtomicInteger next;
  private final AtomicInteger sent = new AtomicInteger();
  private final URI url;
  private final String token;
  private final byte[] input;
  private volatile boolean stopped;

  /** Begins at once; the first input has one byte more than {@code input}. */
  Load(URI url, String token, byte[] input) {
    this.url = url;
    this.token = token;
    this.input = input.clone();
    this.next = new AtomicInteger(input.length + 1);
    for (int i = 0; i < THREADS; i++) {
      threads.execute(this::run);
    }
  }

  private void run() {
    while (!stopped) {
      calls.add(call(next.getAndIncrement()));
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private Call call(int inputBytes) {
    byte[] body = Arrays.copyOf(input, inputBytes);
    Arrays.fill(body, input.length, inputBytes, (byte) ' ');
    sent.incrementAndGet();
    try {
      var response =
          http.send(
              HttpRequest.newBuilder(url)
                  .timeout(Duration.ofSeconds(60))
                  .header("Authorization", "Bearer " + token)
                  .POST(BodyPublishers.ofByteArray(body))
                  .build(),
              BodyHandlers.discarding());
      return new Call(
          inputBytes,
          Optional.of(response.statusCode()),
          response.headers().firstValue("Ampoule-Audit-Id"));
    } catch (IOException e) {
      return new Call(inputBytes, Optional.empty(), Optional.empty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Call(inputBytes, Optional.empty(), Optional.empty());
    }
  }

  /** How many calls were begun. */
  int sent() {
    return sent.get();
  }

  /** What is over so far. */
  List<Call> calls() {
    return List.copyOf(calls);
  }

  /** Waits until so many more calls are over, however they end. */
  void more(int count) throws InterruptedException {
    int from = calls.size();
    while (calls.size() < from + count) {
      Thread.sleep(5);
    }
  }

  /** Waits until so many more calls were answered. */
  void moreAnswered(int count) throws InterruptedException {
    long from = calls.stream().filter(Call::answered).count();
    while (calls.stream().filter(Call::answered).count() < from + count) {
      Thread.sleep(20);
    }
  }

  /** Begins no more, and returns when the last call is over. */
  @Override
  public void close() {
    stopped = true;
    threads.close();
    http.close();
  }
}
