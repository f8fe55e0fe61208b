package dev.ampoule.local;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker13;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network side of a {@link WebSocketApi}, on the gateway's port: {@code ws://host/{stage}} and
 * {@code POST, GET, DELETE /{stage}/@connections/{id}}, which AWS has on a host of its own.
 *
 * <p>A function runs on its own thread while a virtual one waits for it; the I/O threads never
 * wait. One sweep over all connections ends those that are past a limit, so that an idle one has no
 * timer.
 */
final class WebSocketServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebSocketServer.class);
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration MAX_SWEEP_INTERVAL = Duration.ofSeconds(1);
  private static final Duration POLL = Duration.ofMillis(10);
  private static final String MANAGEMENT = "@connections";

  private final WebSocketApi api;
  private final WebSocketDecoderConfig decoding;
  private final WriteBufferWaterMark waterMark;
  private final SignatureV4 signatures;
  private final Map<String, WebSocketFrames> open = new ConcurrentHashMap<>();
  private final AtomicInteger undelivered = new AtomicInteger();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("websocket-", 0).factory());
  private final Future<?> sweeping;
  private volatile boolean stopping;

  /** Serves {@code api}, which it then owns. */
  WebSocketServer(WebSocketApi api, EventLoopGroup eventLoops) {
    this.api = api;
    WebSocketLimits limits = api.limits();
    this.decoding =
        WebSocketDecoderConfig.newBuilder()
            .maxFramePayloadLength(limits.frameBytesMax())
            .closeOnProtocolViolation(false) // WebSocketFrames closes, and lingers
            .build();
    this.waterMark =
        new WriteBufferWaterMark(limits.bufferedBytesMax() / 2, limits.bufferedBytesMax());
    this.signatures =
        new SignatureV4(
            AwsEdge.ACCESS_KEY_ID,
            AwsEdge.SECRET_ACCESS_KEY,
            AwsEdge.REGION,
            "execute-api",
            Clock.systemUTC());
    long interval = MAX_SWEEP_INTERVAL.toMillis();
    for (Duration limit : List.of(limits.idle(), limits.lifetime(), limits.stalled())) {
      interval = Math.min(interval, limit.toMillis() / 4);
    }
    this.sweeping =
        eventLoops.scheduleWithFixedDelay(this::sweep, interval, interval, TimeUnit.MILLISECONDS);
  }

  /** What a request is to this API. */
  sealed interface Target {
    /** Another API's. */
    record Elsewhere() implements Target {}

    record Handshake() implements Target {}

    record Management(String connectionId) implements Target {}
  }

  WebSocketApi api() {
    return api;
  }

  WebSocketLimits limits() {
    return api.limits();
  }

  /** How many connections are open. */
  int size() {
    return open.size();
  }

  Target target(String requestTarget) {
    int mark = requestTarget.indexOf('?');
    List<String> path =
        RouteKey.decodedSegments(mark < 0 ? requestTarget : requestTarget.substring(0, mark))
            .orElse(List.of());
    if (path.isEmpty() || !path.getFirst().equals(api.stage())) {
      return new Target.Elsewhere();
    }
    if (path.size() == 1 || (path.size() == 2 && path.get(1).isEmpty())) {
      return new Target.Handshake();
    }
    return path.size() == 3 && path.get(1).equals(MANAGEMENT)
        ? new Target.Management(path.get(2))
        : new Target.Elsewhere();
  }

  /**
   * Asks the API whether the client may connect, then upgrades the channel or responds.
   *
   * @param head the request; its body is not looked at
   * @param exchange the HTTP handler in whose place the frames are then handled
   * @param respond called at most once
   */
  void handshake(
      Channel channel,
      FullHttpRequest head,
      GatewayRequest request,
      ChannelHandler exchange,
      Consumer<GatewayResponse> respond) {
    Optional<GatewayResponse> malformed = malformed(request, head.headers());
    if (malformed.isPresent()) {
      respond.accept(malformed.get());
      return;
    }
    try {
      run(() -> {
        switch (connect(request)) {
          case WebSocketApi.Connecting.Refused(GatewayResponse response) ->
              respond.accept(response);
          case WebSocketApi.Connecting.Accepted accepted ->
              channel.eventLoop().execute(() -> upgrade(channel, head, exchange, accepted));
        }
      });
    } catch (RejectedExecutionException e) {
      respond.accept(GatewayResponse.error(503, "Service Unavailable"));
    }
  }

  private WebSocketApi.Connecting connect(GatewayRequest request) throws InterruptedException {
    try {
      return api.connect(request);
    } catch (RuntimeException | Error e) {
      LOG.error("WebSocket handshake failed: {}", FunctionRunner.errorType(e));
      return new WebSocketApi.Connecting.Refused(
          GatewayResponse.error(500, "Internal Server Error"));
    }
  }

  /** RFC 6455 §4.2.1 and §4.4. */
  private static Optional<GatewayResponse> malformed(GatewayRequest request, HttpHeaders headers) {
    if (!request.method().equals("GET") || !request.protocol().equals("HTTP/1.1")) {
      return Optional.of(GatewayResponse.error(400, "Bad Request"));
    }
    if (!headers.containsValue(HttpHeaderNames.UPGRADE, "websocket", true)
        || !headers.containsValue(HttpHeaderNames.CONNECTION, "upgrade", true)) {
      return Optional.of(upgradeRequired("upgrade", "websocket"));
    }
    if (!"13".equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
      return Optional.of(upgradeRequired("sec-websocket-version", "13"));
    }
    return isKey(headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY))
        ? Optional.empty()
        : Optional.of(GatewayResponse.error(400, "Bad Request"));
  }

  private static GatewayResponse upgradeRequired(String header, String value) {
    var error = GatewayResponse.error(426, "Upgrade Required");
    return new GatewayResponse(
        error.status(),
        List.of(error.headers().getFirst(), new HttpHeader(header, value)),
        error.body());
  }

  private static boolean isKey(@Nullable String key) {
    try {
      return key != null && Base64.getDecoder().decode(key).length == 16;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** On the event loop. From here on the connection counts as made: it will be disconnected. */
  private void upgrade(
      Channel channel,
      FullHttpRequest head,
      ChannelHandler exchange,
      WebSocketApi.Connecting.Accepted accepted) {
    var frames = new WebSocketFrames(this, channel, accepted.connection());
    open.put(accepted.connection().id(), frames);
    channel.closeFuture().addListener(frames);
    if (!channel.isActive() || stopping) {
      var _ = channel.close();
      return;
    }
    ChannelPipeline pipeline = channel.pipeline();
    // What came behind the request, before our answer, is no frame (RFC 6455 §4.1) and is dropped.
    for (Class<? extends ChannelHandler> http : Gateway.HTTP_ONLY) {
      pipeline.remove(http);
    }
    pipeline.replace(exchange, null, frames);
    String name = pipeline.context(frames).name();
    pipeline.addBefore(name, null, new Utf8FrameValidator(false));
    pipeline.addBefore(name, null, new WebSocketFrameAggregator(limits().messageBytesMax()));
    var headers = new DefaultHttpHeaders();
    accepted
        .subprotocol()
        .ifPresent(chosen -> headers.set(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, chosen));
    var _ =
        new WebSocketServerHandshaker13(null, null, decoding)
            .handshake(channel, head, headers, channel.newPromise())
            .addListener(done -> {
              if (done.isSuccess()) {
                channel.config().setWriteBufferWaterMark(waterMark);
                channel.config().setAutoRead(true);
              } else {
                var _ = channel.close();
              }
            });
  }

  /** Runs what may wait for a function. */
  void run(Waiting task) {
    threads.execute(() -> {
      try {
        task.run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // the gateway has waited long enough
      } catch (RuntimeException | Error e) {
        LOG.error("WebSocket gateway failed: {}", FunctionRunner.errorType(e));
      }
    });
  }

  @FunctionalInterface
  interface Waiting {
    void run() throws InterruptedException;
  }

  /** Told once of every connection that was made, on its event loop. */
  void closed(WebSocketFrames frames, WebSocketEvent.Closing ending) {
    undelivered.incrementAndGet();
    try {
      run(() -> {
        api.disconnected(frames.connection(), ending);
        undelivered.decrementAndGet();
      });
    } catch (RejectedExecutionException e) {
      LOG.debug("a connection ended after the gateway had stopped");
    }
    // Last, so that an empty map means that every $disconnect is on its way.
    open.remove(frames.connection().id());
  }

  private void sweep() {
    long now = System.nanoTime();
    for (WebSocketFrames frames : open.values()) {
      frames.sweep(now);
    }
  }

  /**
   * Answers a call of the management API (API Gateway Developer Guide, "Use @connections commands
   * in your backend service").
   *
   * @param respond called once, by whichever thread has the answer
   */
  void manage(GatewayRequest request, String connectionId, Consumer<GatewayResponse> respond) {
    if (request.body().length > limits().messageBytesMax()) {
      respond.accept(
          error(
              413,
              "PayloadTooLargeException",
              "data: at most %d bytes, got %d"
                  .formatted(limits().messageBytesMax(), request.body().length)));
      return;
    }
    Optional<SignatureV4.Refusal> refusal = signatures.refusal(request);
    if (refusal.isPresent()) {
      respond.accept(error(403, refusal.get().type(), refusal.get().message()));
      return;
    }
    WebSocketFrames frames = open.get(connectionId);
    if (frames == null || frames.isGone()) {
      respond.accept(gone());
      return;
    }
    switch (request.method()) {
      case "POST" -> post(frames, request.body(), respond);
      case "GET" -> respond.accept(GatewayResponse.json(200, describe(frames)));
      case "DELETE" -> {
        frames.close(WebSocketEvent.Closing.BY_API);
        respond.accept(new GatewayResponse(204, List.of(), new byte[0]));
      }
      default -> respond.accept(error(405, "MethodNotAllowedException", "POST, GET or DELETE"));
    }
  }

  private static void post(WebSocketFrames frames, byte[] body, Consumer<GatewayResponse> respond) {
    if (!isUtf8(body)) {
      respond.accept(error(400, "BadRequestException", "data: must be UTF-8"));
      return;
    }
    frames.push(
        body,
        result ->
            respond.accept(
                switch (result) {
                  case SENT -> GatewayResponse.json(200, new byte[0]);
                  case GONE -> gone();
                  case FULL ->
                      error(
                          429,
                          "LimitExceededException",
                          "The WebSocket client side buffer is full.");
                }));
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private byte[] describe(WebSocketFrames frames) {
    WebSocketConnection connection = frames.connection();
    Instant active = api.clock().instant().minusNanos(frames.idleNanos());
    ObjectNode description = JSON.createObjectNode();
    description.put("connectedAt", connection.connectedAt().toString());
    description.put("lastActiveAt", active.toString());
    description
        .putObject("identity")
        .put("sourceIp", connection.sourceIp())
        .put("userAgent", connection.userAgent());
    return description.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static GatewayResponse gone() {
    return error(410, "GoneException", "Gone");
  }

  /** In the form that the SDKs make exceptions of. */
  private static GatewayResponse error(int status, String type, String message) {
    var body = JSON.createObjectNode().put("message", message).toString();
    return new GatewayResponse(
        status,
        List.of(
            new HttpHeader("content-type", "application/json"),
            new HttpHeader("x-amzn-errortype", type)),
        body.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Closes every connection with 1001 and waits until each one's {@code $disconnect} has run, for
   * as long as {@code patience}.
   */
  void close(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    stopping = true;
    open.values().forEach(frames -> frames.close(WebSocketEvent.Closing.GOING_AWAY));
    awaitEmpty(Math.min(deadline, System.nanoTime() + WebSocketFrames.CLOSE_TIMEOUT.toNanos()));
    open.values().forEach(WebSocketFrames::abort);
    awaitEmpty(deadline);
    sweeping.cancel(false);
    threads.shutdown();
    try {
      if (!threads.awaitTermination(
          Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
    if (undelivered.get() > 0) {
      LOG.warn("stopped with {} $disconnect events not handled", undelivered.get());
    }
    api.close();
  }

  private void awaitEmpty(long deadlineNanos) {
    try {
      while (!open.isEmpty() && System.nanoTime() < deadlineNanos) {
        Thread.sleep(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
