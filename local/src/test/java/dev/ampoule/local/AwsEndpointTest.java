package dev.ampoule.local;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** On {@code AWS_ENDPOINT_URL}, an emulator that runs already; on the embedded one where unset. */
final class AwsEndpointTest extends AwsContract {
  private @Nullable AwsEdge embedded;

  @Override
  protected URI endpoint() throws IOException {
    var given = System.getenv("AWS_ENDPOINT_URL");
    if (given != null && !given.isBlank()) {
      return URI.create(given);
    }
    embedded = AwsEdge.start(0, Optional.empty(), true, new S3Notifications());
    return embedded.endpoint();
  }

  @Override
  protected void stop() {
    if (embedded != null) {
      embedded.close();
    }
  }
}
