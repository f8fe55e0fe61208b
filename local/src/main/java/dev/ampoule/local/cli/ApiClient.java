package dev.ampoule.local.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Speaks to one server. Redirects are not followed: they would carry the token elsewhere. */
final class ApiClient implements AutoCloseable {
  static final int ANSWER_BYTES_MAX = 16 * 1024 * 1024;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration UPLOAD_TIMEOUT = Duration.ofMinutes(10);
  private static final int SUCCESS_MIN = 200;
  private static final int SUCCESS_MAX = 299;

  private final ServerUrl server;
  private final Optional<BearerToken> token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  ApiClient(ServerUrl server, Optional<BearerToken> token) {
    this.server = server;
    this.token = token;
  }

  Reply get(ApiPath path, String accept)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    return call(request(path).header("Accept", accept).GET().build());
  }

  Reply get(ApiPath path)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    return get(path, "application/json");
  }

  Reply post(ApiPath path, String contentType, byte[] body)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    return call(
        request(path)
            .header("Content-Type", contentType)
            .POST(BodyPublishers.ofByteArray(body))
            .build());
  }

  /**
   * Puts to a presigned URL: no token, as the URL is the credential, and no header that was not
   * signed.
   */
  Reply upload(URI presigned, byte[] content)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(presigned).PUT(BodyPublishers.ofByteArray(content)).build();
    Answer answer = exchange(request, "PUT of the upload", UPLOAD_TIMEOUT);
    return answer.isSuccess()
        ? new Reply.Success("PUT of the upload", answer.body())
        : new Reply.Refused(
            Problem.ofUpload(answer.status(), new String(answer.body(), StandardCharsets.UTF_8)));
  }

  private HttpRequest.Builder request(ApiPath path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path));
    token.ifPresent(t -> request.header("Authorization", t.authorization()));
    return request;
  }

  private Reply call(HttpRequest request)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    // Without the query, which names what someone looks for.
    String call = request.method() + " " + request.uri().getRawPath();
    Answer answer = exchange(request, call, ANSWER_TIMEOUT);
    return answer.isSuccess()
        ? new Reply.Success(call, answer.body())
        : new Reply.Refused(
            Problem.of(
                answer.status(), answer.headers().firstValue("Retry-After"), call, answer.body()));
  }

  @SuppressWarnings("ArrayRecordComponent") // the body itself; never compared
  private record Answer(int status, HttpHeaders headers, byte[] body) {
    boolean isSuccess() {
      return status >= SUCCESS_MIN && status <= SUCCESS_MAX;
    }
  }

  /** The time limit covers the body too, which that of {@link HttpRequest} does not. */
  private Answer exchange(HttpRequest request, String call, Duration timeout)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    URI origin = ServerUrl.origin(request.uri());
    FutureTask<Answer> task = new FutureTask<>(() -> send(request));
    Thread.ofVirtual().name("ampoule-request").start(task);
    try {
      Answer answer = task.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.body().length > ANSWER_BYTES_MAX) {
        throw new UnexpectedAnswerException(
            call + " was answered with more than " + ANSWER_BYTES_MAX + " bytes");
      }
      return answer;
    } catch (TimeoutException e) {
      throw new ServerUnreachableException(
          origin, "no answer within " + timeout.toSeconds() + " s");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw new ServerUnreachableException(origin, reason(io));
      }
      throw new IllegalStateException("sending " + call, e.getCause());
    } finally {
      task.cancel(true);
    }
  }

  private Answer send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      return new Answer(
          response.statusCode(), response.headers(), body.readNBytes(ANSWER_BYTES_MAX + 1));
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case HttpConnectTimeoutException _ ->
          "no connection within " + CONNECT_TIMEOUT.toSeconds() + " s";
      case ConnectException c when c.getCause() instanceof UnresolvedAddressException ->
          "unknown host";
      case ConnectException _ -> "connection refused";
      case SSLException _ -> "no TLS connection (" + e.getClass().getSimpleName() + ")";
      default -> "the connection broke before the answer was complete";
    };
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
