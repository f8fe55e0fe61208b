package dev.ampoule.entry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lambda's Runtime API (version 2018-06-01) for one execution environment, with the restore step of
 * SnapStart.
 */
final class RuntimeApi implements AutoCloseable {
  private static final String ROOT = "/2018-06-01/runtime";
  static final String TRACE =
      "Root=1-6924a1b0-3f8a1c2d4e5f60718293a4b5;Parent=53995c3f42cd8ad8;Sampled=1";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What the runtime posted, and where. */
  record Posted(String path, String body) {}

  private final HttpServer server;
  private final BlockingQueue<String> events = new ArrayBlockingQueue<>(1);
  private final BlockingQueue<Posted> posted = new ArrayBlockingQueue<>(16);
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger restores = new AtomicInteger();

  RuntimeApi() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(ROOT, this::serve);
    server.start();
  }

  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  static String requestId(int call) {
    return "8476a536-e9f4-11e8-9739-%012d".formatted(call);
  }

  /** How often the runtime waited for its restore. */
  int restores() {
    return restores.get();
  }

  /** Hands out one event and returns what was posted for it, or why the runtime did not start. */
  Posted call(String event) throws InterruptedException {
    events.put(event);
    var answer = posted.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("no answer within " + PATIENCE);
    }
    return answer;
  }

  /** The runtime ended; whoever waits for its answer is told what it said last. */
  void died(String words) {
    posted.add(new Posted("/died", words));
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      var path = exchange.getRequestURI().getPath().substring(ROOT.length());
      switch (path) {
        case "/invocation/next" -> next(exchange);
        case "/restore/next" -> {
          restores.incrementAndGet();
          exchange.sendResponseHeaders(200, -1);
        }
        default -> {
          posted.add(
              new Posted(
                  path,
                  new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
          exchange.sendResponseHeaders(202, -1);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void next(HttpExchange exchange) throws IOException, InterruptedException {
    var event = events.take().getBytes(StandardCharsets.UTF_8);
    var headers = exchange.getResponseHeaders();
    headers.set("Lambda-Runtime-Aws-Request-Id", requestId(calls.incrementAndGet()));
    headers.set(
        "Lambda-Runtime-Deadline-Ms", Long.toString(Instant.now().plus(PATIENCE).toEpochMilli()));
    headers.set(
        "Lambda-Runtime-Invoked-Function-Arn",
        "arn:aws:lambda:eu-central-1:123456789012:function:ampoule:live");
    headers.set("Lambda-Runtime-Trace-Id", TRACE);
    headers.set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, event.length);
    exchange.getResponseBody().write(event);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
