package dev.ampoule.aws;

import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * Asks the other end to close each connection after its answer ({@code Connection: close}, RFC 9112
 * §9.6), for as long as connections must not be kept. The JDK's pool behind {@code
 * HttpURLConnection} is the process's own and cannot be emptied.
 */
final class ClosingHttpClient implements SdkHttpClient {
  private final SdkHttpClient client;
  private volatile boolean keep = true;

  ClosingHttpClient(SdkHttpClient client) {
    this.client = client;
  }

  void keepConnections(boolean keepThem) {
    keep = keepThem;
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    return client.prepareRequest(keep ? request : closing(request));
  }

  private static HttpExecuteRequest closing(HttpExecuteRequest request) {
    var closing =
        HttpExecuteRequest.builder()
            .request(request.httpRequest().toBuilder().putHeader("Connection", "close").build());
    request.contentStreamProvider().ifPresent(closing::contentStreamProvider);
    request.metricCollector().ifPresent(closing::metricCollector);
    return closing.build();
  }

  @Override
  public String clientName() {
    return client.clientName();
  }

  @Override
  public void close() {
    client.close();
  }
}
