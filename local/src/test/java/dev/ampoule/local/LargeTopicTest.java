package dev.ampoule.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More subscribers than one call of the fan-out serves. */
final class LargeTopicTest {
  private static final int CONNECTIONS = 1_060;
  private static final int EVENTS = 20;

  @TempDir private Path home;

  @Test
  void everyoneIsSentEveryEventInOrderWhileSomeGoAway() throws Exception {
    var http = HttpClient.newHttpClient();
    try (var stack = new Stack(home, Optional.empty())) {
      var url = URI.create(stack.url("/live").toString().replaceFirst("^http", "ws"));
      var token = stack.token("clinician");
      List<LiveClient> clients = subscribed(http, url, token);
      for (int i = 1; i <= EVENTS; i++) {
        var published =
            stack.post(
                "/v1/topics/ward/1",
                stack.token("integration"),
                Integer.toString(i).getBytes(UTF_8));
        assertThat(published.statusCode()).isEqualTo(201);
        if (i == EVENTS / 2) {
          // Every hundredth breaks off without a word, in the middle of it.
          for (int gone = 0; gone < CONNECTIONS; gone += 100) {
            clients.get(gone).abort();
          }
        }
      }
      for (int i = 0; i < CONNECTIONS; i++) {
        if (i % 100 != 0) {
          assertThat(clients.get(i).events(EVENTS))
              .as("connection %d", i)
              .containsExactlyElementsOf(LongStream.rangeClosed(1, EVENTS).boxed().toList());
        }
      }
    } finally {
      // Closing it would wait for every connection to end.
      http.shutdownNow();
    }
  }

  private static List<LiveClient> subscribed(HttpClient http, URI url, String token)
      throws Exception {
    var slots = new Semaphore(12);
    List<Future<LiveClient>> connecting = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CONNECTIONS; i++) {
        connecting.add(
            threads.submit(() -> {
              slots.acquire();
              try {
                var client = new LiveClient(http, url, token);
                String answer;
                do {
                  client.send("{\"action\":\"subscribe\",\"topic\":\"ward/1\"}");
                  answer = client.nextText();
                } while (answer.contains("\"Too Many Requests\""));
                assertThat(answer).contains("\"subscribed\"");
                return client;
              } finally {
                slots.release();
              }
            }));
      }
    }
    List<LiveClient> clients = new ArrayList<>();
    for (Future<LiveClient> connected : connecting) {
      clients.add(connected.get());
    }
    return clients;
  }
}
