package dev.ampoule.local;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP front of an {@link HttpApi}, and of a {@link WebSocketApi} on the same port: framing,
 * keep-alive and pipelining (answered in order), {@code 100-continue} and the limits that hold
 * before a request is whole.
 *
 * <p>A request waits on a virtual thread while its function runs on a platform thread, so that the
 * two I/O threads never wait for anything.
 */
public final class Gateway implements AutoCloseable {
  public static final int DEFAULT_PORT = 8080;

  /** How long a stop waits for the requests in flight. */
  static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(10);

  private static final int IO_THREADS = 2;
  private static final int ACCEPT_BACKLOG = 1024;

  /** A connection that neither sends nor is sent anything; longer than any function may run. */
  private static final int IDLE_TIMEOUT_SECONDS = 75;

  /** How long a client may take from its connection to the end of its first request's headers. */
  private static final Duration HEADERS_TIMEOUT = Duration.ofSeconds(30);

  /** What a connection no longer needs once it speaks WebSocket. */
  static final List<Class<? extends ChannelHandler>> HTTP_ONLY =
      List.of(IdleStateHandler.class, HeadersDeadline.class, FlowControlHandler.class);

  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

  private final MultiThreadIoEventLoopGroup eventLoops;
  private final Channel listener;
  private final ChannelGroup connections;
  private final Requests requests;

  private Gateway(
      MultiThreadIoEventLoopGroup eventLoops,
      Channel listener,
      ChannelGroup connections,
      Requests requests) {
    this.eventLoops = eventLoops;
    this.listener = listener;
    this.connections = connections;
    this.requests = requests;
  }

  /**
   * Takes the port, so that its number is known (and a conflict shows) before the functions are
   * wired. Clients wait in the backlog until {@link #serve}.
   *
   * @param host the address to listen on; a name is resolved
   * @param port 0 for any free one
   * @throws PortInUse where another process listens there
   * @throws IOException where {@code host} is none of this machine's addresses
   */
  public static Gateway bind(String host, int port) throws IOException {
    return bind(host, port, HEADERS_TIMEOUT);
  }

  static Gateway bind(String host, int port, Duration headersTimeout) throws IOException {
    var eventLoops = new MultiThreadIoEventLoopGroup(IO_THREADS, NioIoHandler.newFactory());
    var connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    var requests = new Requests();
    var bootstrap =
        new ServerBootstrap()
            .group(eventLoops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.SO_BACKLOG, ACCEPT_BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    connections.add(channel);
                    pipeline(channel.pipeline(), headersTimeout, new Exchange(requests));
                  }
                });
    var bound = bootstrap.bind(new InetSocketAddress(host, port)).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      var _ = eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      Throwable cause = bound.cause();
      // A port in use and a foreign address are both a BindException.
      if (AwsEdge.isBindFailure(cause) && isLocal(host)) {
        throw new PortInUse(port, "--port", cause);
      }
      throw new IOException("cannot listen on host " + host, cause);
    }
    return new Gateway(eventLoops, bound.channel(), connections, requests);
  }

  /** Answers with these APIs, which the gateway then owns; called once. */
  public void serve(HttpApi api, Optional<WebSocketApi> webSocketApi) {
    requests.api = api;
    requests.webSockets = webSocketApi.map(w -> new WebSocketServer(w, eventLoops)).orElse(null);
    listener.config().setAutoRead(true);
  }

  void serve(HttpApi api) {
    serve(api, Optional.empty());
  }

  /** How many WebSocket connections are open. */
  public int webSockets() {
    WebSocketServer webSockets = requests.webSockets;
    return webSockets == null ? 0 : webSockets.size();
  }

  private static void pipeline(
      ChannelPipeline pipeline, Duration headersTimeout, Exchange exchange) {
    pipeline.addLast(
        new IdleStateHandler(0, 0, IDLE_TIMEOUT_SECONDS),
        new HttpServerCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(HttpApi.MAX_REQUEST_LINE_AND_HEADER_BYTES)
                .setMaxHeaderSize(HttpApi.MAX_REQUEST_LINE_AND_HEADER_BYTES)),
        new HeadersDeadline(headersTimeout),
        new BodyLimit(),
        new FlowControlHandler(),
        exchange);
  }

  private static boolean isLocal(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      return address.isAnyLocalAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (IOException e) {
      return false;
    }
  }

  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** How to reach it from this machine. */
  public URI url() {
    return URI.create("http://localhost:" + port());
  }

  /** Takes no more, lets the requests in flight end (up to 10 s), then closes every connection. */
  @Override
  public void close() {
    long deadline = System.nanoTime() + DRAIN_TIMEOUT.toNanos();
    listener.close().awaitUninterruptibly();
    WebSocketServer webSockets = requests.webSockets;
    if (webSockets != null) {
      webSockets.close(DRAIN_TIMEOUT);
    }
    if (!requests.drain(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
      LOG.warn("stopped with requests still running after {} s", DRAIN_TIMEOUT.toSeconds());
    }
    connections.close().awaitUninterruptibly();
    requests.close();
    eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static FullHttpResponse netty(GatewayResponse response) {
    var message =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(response.status()),
            Unpooled.wrappedBuffer(response.body()));
    for (HttpHeader header : response.headers()) {
      message.headers().add(header.name(), header.value());
    }
    return message;
  }

  /** The requests between being read and having been answered. */
  private static final class Requests implements AutoCloseable {
    private final ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("request-", 0).factory());
    private final Phaser inFlight = new Phaser(1);
    private volatile @Nullable HttpApi api;
    private volatile @Nullable WebSocketServer webSockets;

    /** False where the gateway is stopping. */
    boolean start(GatewayRequest request, Function<GatewayResponse, ChannelFuture> respond) {
      if (inFlight.register() < 0) {
        return false;
      }
      try {
        threads.execute(
            () -> respond.apply(answer(request)).addListener(_ -> inFlight.arriveAndDeregister()));
        return true;
      } catch (RejectedExecutionException e) {
        inFlight.arriveAndDeregister();
        return false;
      }
    }

    private GatewayResponse answer(GatewayRequest request) {
      try {
        return Objects.requireNonNull(api, "served before serve()").handle(request);
      } catch (InterruptedException e) {
        return GatewayResponse.error(503, "Service Unavailable");
      } catch (RuntimeException | Error e) {
        LOG.error("gateway failed: {}", FunctionRunner.errorType(e));
        return GatewayResponse.error(500, "Internal Server Error");
      }
    }

    /** Whether the requests in flight ended within {@code patience}; takes no more of them. */
    boolean drain(Duration patience) {
      try {
        inFlight.awaitAdvanceInterruptibly(
            inFlight.arriveAndDeregister(), patience.toMillis(), TimeUnit.MILLISECONDS);
        return true;
      } catch (TimeoutException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    @Override
    public void close() {
      threads.shutdownNow();
      if (api != null) {
        api.close();
      }
    }
  }

  /** Answers 413 to a body over the quota, before it is read where its length is announced. */
  private static final class BodyLimit extends HttpObjectAggregator {
    BodyLimit() {
      super(HttpApi.MAX_BODY_BYTES);
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
      FullHttpResponse response = tooLarge();
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      var _ = ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    /** To a client that asked with {@code Expect: 100-continue}; it keeps the body to itself. */
    @Override
    protected @Nullable Object newContinueResponse(
        HttpMessage start, int maxContentLength, ChannelPipeline pipeline) {
      Object response = super.newContinueResponse(start, maxContentLength, pipeline);
      return response instanceof HttpResponse refusal
              && refusal.status().equals(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE)
          ? tooLarge()
          : response;
    }

    private static FullHttpResponse tooLarge() {
      FullHttpResponse response = netty(GatewayResponse.error(413, "Request Entity Too Large"));
      HttpUtil.setContentLength(response, response.content().readableBytes());
      return response;
    }
  }

  /**
   * Answers 408 to a client that sends its first request's headers too slowly, or not at all; later
   * ones have as long as the connection may idle. What merely dribbles is never idle.
   */
  private static final class HeadersDeadline extends ChannelDuplexHandler {
    private final Duration first;
    private @Nullable Future<?> deadline;

    HeadersDeadline(Duration first) {
      this.first = first;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      deadline =
          ctx.executor()
              .schedule(
                  () -> {
                    FullHttpResponse response =
                        netty(GatewayResponse.error(408, "Request Timeout"));
                    HttpUtil.setContentLength(response, response.content().readableBytes());
                    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
                    var _ = ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
                  },
                  first.toMillis(),
                  TimeUnit.MILLISECONDS);
      ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof HttpRequest) {
        disarm();
      }
      ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      boolean interim =
          message instanceof HttpResponse response
              && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
      if (message instanceof LastHttpContent && !interim) {
        disarm();
        deadline =
            ctx.executor().schedule(() -> ctx.close(), IDLE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
      }
      var _ = ctx.write(message, promise);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      disarm();
    }

    private void disarm() {
      if (deadline != null) {
        deadline.cancel(false);
        deadline = null;
      }
    }
  }

  /** One connection: a request in, a response out, the next request. */
  private static final class Exchange extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final Requests requests;

    Exchange(Requests requests) {
      this.requests = requests;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest message) {
      // The next request waits in the FlowControlHandler, and behind it in the client's socket,
      // until this one is answered.
      ctx.channel().config().setAutoRead(false);
      if (message.decoderResult().isFailure()) {
        var _ = write(ctx, malformed(message.decoderResult().cause()), false, false);
        return;
      }
      // A client of HTTP/1.0 that keeps connections waits for a header we would have to invent.
      boolean keepAlive =
          HttpUtil.isKeepAlive(message) && message.protocolVersion().equals(HttpVersion.HTTP_1_1);
      boolean head = message.method().equals(HttpMethod.HEAD);
      GatewayRequest request = request(ctx.channel(), message);
      Function<GatewayResponse, ChannelFuture> respond =
          response -> write(ctx, response, keepAlive, head);
      WebSocketServer webSockets = requests.webSockets;
      if (webSockets == null) {
        http(ctx, request, respond);
        return;
      }
      switch (webSockets.target(request.target())) {
        case WebSocketServer.Target.Elsewhere() -> http(ctx, request, respond);
        case WebSocketServer.Target.Management(String id) ->
            webSockets.manage(request, id, respond::apply);
        case WebSocketServer.Target.Handshake() ->
            webSockets.handshake(
                ctx.channel(),
                message.replace(Unpooled.EMPTY_BUFFER), // it outlives this message
                request,
                this,
                respond::apply);
      }
    }

    private void http(
        ChannelHandlerContext ctx,
        GatewayRequest request,
        Function<GatewayResponse, ChannelFuture> respond) {
      if (!requests.start(request, respond)) {
        var _ = ctx.close();
      }
    }

    private static ChannelFuture write(
        ChannelHandlerContext ctx, GatewayResponse response, boolean keepAlive, boolean head) {
      FullHttpResponse message = netty(response);
      if (response.status() != 204 && response.status() != 304) {
        HttpUtil.setContentLength(message, response.body().length);
      }
      if (head) {
        message = message.replace(Unpooled.EMPTY_BUFFER); // the length stays (RFC 9110 §9.3.2)
      }
      if (!keepAlive) {
        message.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      }
      return ctx.writeAndFlush(message)
          .addListener(written -> {
            if (keepAlive && written.isSuccess()) {
              // Not one read(): a request may take several to arrive.
              ctx.channel().config().setAutoRead(true);
            } else {
              var _ = ctx.close();
            }
          });
    }

    private static GatewayRequest request(Channel channel, FullHttpRequest message) {
      List<HttpHeader> headers = new ArrayList<>(message.headers().size());
      for (Map.Entry<String, String> header : message.headers()) {
        headers.add(new HttpHeader(header.getKey(), header.getValue()));
      }
      return new GatewayRequest(
          message.method().name(),
          message.protocolVersion().text(),
          message.uri(),
          headers,
          ByteBufUtil.getBytes(message.content()),
          ((InetSocketAddress) channel.remoteAddress()).getAddress().getHostAddress(),
          ((InetSocketAddress) channel.localAddress()).getPort());
    }

    private static GatewayResponse malformed(Throwable cause) {
      return cause instanceof TooLongHttpHeaderException
              || cause instanceof TooLongHttpLineException
          ? GatewayResponse.error(431, "Request Header Fields Too Large")
          : GatewayResponse.error(400, "Bad Request");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof IdleStateEvent idle && idle.state() == IdleState.ALL_IDLE) {
        var _ = ctx.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var _ =
          ctx.close(); // a client that went away is not our error, and its bytes are not for the
      // log
    }
  }
}
