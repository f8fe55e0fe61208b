package dev.ampoule.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;

final class AwsClientsTest {
  /** A request as the other end saw it: from which port, and whether the connection is to end. */
  private record Seen(int port, boolean closing) {}

  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private AwsClients clients;
  private S3Client s3;

  @BeforeEach
  void start() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          var connection = exchange.getRequestHeaders().getFirst("Connection");
          seen.add(new Seen(exchange.getRemoteAddress().getPort(), "close".equals(connection)));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    clients =
        new AwsClients(
            new AwsClients.Location(
                "us-east-1",
                Optional.empty(),
                Optional.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort())),
                Optional.of(new AwsClients.Credentials("id", "secret", Optional.empty()))));
    s3 = clients.s3();
  }

  @AfterEach
  void stop() {
    s3.close();
    server.stop(0);
  }

  private void call() {
    s3.headBucket(b -> b.bucket("any"));
  }

  @Test
  void aConnectionIsKeptForTheNextCall() {
    call();
    call();
    assertThat(seen).extracting(Seen::closing).containsExactly(false, false);
    assertThat(seen).extracting(Seen::port).containsOnly(seen.getFirst().port());
  }

  @Test
  void beforeASnapshotNoneIsKeptAndAfterItANewOneIsOpened() {
    clients.keepConnections(false);
    call();
    call();
    clients.keepConnections(true);
    call();
    call();
    assertThat(seen).extracting(Seen::closing).containsExactly(true, true, false, false);
    assertThat(seen)
        .extracting(Seen::port)
        .containsExactly(
            seen.get(0).port(), seen.get(1).port(), seen.get(2).port(), seen.get(2).port());
    assertThat(seen.subList(0, 3)).extracting(Seen::port).doesNotHaveDuplicates();
  }
}
