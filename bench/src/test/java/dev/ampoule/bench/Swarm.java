package dev.ampoule.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Thousands of subscribers to one topic, each of which keeps to the client's side of the contract.
 */
final class Swarm implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  /** More gain nothing: DynamoDB Local writes one transaction after the other. */
  private static final int CONNECTING_MAX = 4;

  private static final int MESSAGE_BYTES_MAX = 128 << 10;
  private static final Duration AGAIN = Duration.ofMillis(200);

  private final Topic topic;
  private final MultiThreadIoEventLoopGroup eventLoops =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
  private final List<Client> clients = new ArrayList<>();
  private final Semaphore connecting = new Semaphore(CONNECTING_MAX);

  /** Refused for now, by a throttle or a store that is behind, and tried again. */
  private final LongAdder throttled = new LongAdder();

  private final LongAdder delivered = new LongAdder();
  private final LongAdder duplicates = new LongAdder();
  private final LongAdder gaps = new LongAdder();
  private final ConcurrentLinkedQueue<String> surprises = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Killing killing;

  Swarm(Topic topic) {
    this.topic = topic;
  }

  /** What is to happen while the event {@code number} is on its way. */
  private record Killing(int number, AtomicInteger arrivals, int atArrival, List<Client> victims) {}

  /** Connects and subscribes so many more; returns once all of them are subscribed. */
  void grow(int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      acquire(1);
      var client = new Client();
      clients.add(client);
      client.connect();
    }
    acquire(CONNECTING_MAX);
    connecting.release(CONNECTING_MAX);
  }

  private void acquire(int permits) throws InterruptedException {
    while (!connecting.tryAcquire(permits, 1, TimeUnit.SECONDS)) {
      if (!surprises.isEmpty()) {
        throw new AssertionError(report());
      }
    }
  }

  /**
   * Ends so many connections, chosen at random, without a word, as soon as half of the clients have
   * the event {@code number}.
   */
  void killDuring(int number, int count, long seed) {
    List<Client> shuffled = new ArrayList<>(clients);
    Collections.shuffle(shuffled, new Random(seed));
    killing =
        new Killing(number, new AtomicInteger(), clients.size() / 2, shuffled.subList(0, count));
  }

  /** Waits until every client that was not killed has all events up to {@code number}. */
  void awaitAll(int number, Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (clients.stream().anyMatch(c -> !c.killed && c.last < number)) {
      if (System.nanoTime() > deadline || !surprises.isEmpty()) {
        throw new AssertionError(
            "%d of %d survivors do not have all %d events: %s"
                .formatted(
                    clients.stream().filter(c -> !c.killed && c.last < number).count(),
                    survivors(),
                    number,
                    report()));
      }
      Thread.sleep(5);
    }
  }

  long survivors() {
    return clients.stream().filter(c -> !c.killed).count();
  }

  long killed() {
    return clients.stream().filter(c -> c.killed).count();
  }

  /** Events that came, each counted once for each client. */
  long delivered() {
    return delivered.sum();
  }

  /** Frames whose sequence number the client had, and dropped. */
  long duplicates() {
    return duplicates.sum();
  }

  /** Frames that came before one they follow: the client then subscribes after its last. */
  long gaps() {
    return gaps.sum();
  }

  long throttled() {
    return throttled.sum();
  }

  /** Whatever a client that keeps to the contract should never see; at most the first 20. */
  List<String> surprises() {
    return surprises.stream().limit(20).toList();
  }

  String report() {
    return "%d delivered, %d duplicates dropped, %d gaps, %d throttled, surprises %s"
        .formatted(delivered(), duplicates(), gaps(), throttled(), surprises());
  }

  private final class Client extends SimpleChannelInboundHandler<TextWebSocketFrame> {
    private @Nullable Channel channel;
    private boolean subscribed;
    private boolean catchingUp;
    private long firstSequence;

    /** The number of the last event that was taken; they are 1, 2, 3, … */
    private volatile int last;

    private volatile boolean killed;

    void connect() {
      var headers = new DefaultHttpHeaders();
      var config =
          WebSocketClientProtocolConfig.newBuilder()
              .webSocketUri(topic.webSocket())
              .version(WebSocketVersion.V13)
              .subprotocol(topic.subprotocols().orElse(null))
              .customHeaders(headers)
              .maxFramePayloadLength(MESSAGE_BYTES_MAX)
              .handshakeTimeoutMillis(30_000)
              .build();
      var _ =
          new Bootstrap()
              .group(eventLoops)
              .channel(NioSocketChannel.class)
              .option(ChannelOption.TCP_NODELAY, true)
              .handler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel opened) {
                      opened
                          .pipeline()
                          .addLast(
                              new HttpClientCodec(),
                              new HttpObjectAggregator(64 << 10),
                              new WebSocketClientProtocolHandler(config),
                              new WebSocketFrameAggregator(MESSAGE_BYTES_MAX),
                              Client.this);
                    }
                  })
              .connect(topic.webSocket().getHost(), topic.webSocket().getPort())
              .addListener(done -> {
                if (!done.isSuccess()) {
                  again();
                }
              });
    }

    private void again() {
      throttled.increment();
      var _ = eventLoops.schedule(this::connect, AGAIN.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public boolean isSharable() {
      return true; // the same client in the pipeline of its next try
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event == WebSocketClientProtocolHandler.ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
        channel = ctx.channel();
        send(topic.subscription(Optional.empty()));
      }
    }

    private void send(String message) {
      Channel open = channel;
      if (open != null) {
        var _ = open.writeAndFlush(new TextWebSocketFrame(message));
      }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, TextWebSocketFrame frame)
        throws JsonProcessingException {
      JsonNode message = JSON.readTree(frame.text());
      if (message.path("type").asText().equals("event")) {
        event(message.path("seq").asLong(), message.path("data").path("n").asInt());
      } else if (topic.isSubscribed(message)) {
        catchingUp = false;
        if (!subscribed) {
          subscribed = true;
          connecting.release();
        }
      } else if (isThrottle(message)) {
        throttled.increment();
        var _ =
            ctx.executor()
                .schedule(
                    () -> send(topic.subscription(after())),
                    AGAIN.toMillis(),
                    TimeUnit.MILLISECONDS);
      } else {
        surprises.add(frame.text());
      }
    }

    private static boolean isThrottle(JsonNode message) {
      int status = message.path("problem").path("status").asInt();
      return message.path("message").asText().equals("Too Many Requests")
          || status == 429
          || status == 503;
    }

    private void event(long sequence, int number) {
      if (killed) {
        return;
      }
      if (number <= last) {
        duplicates.increment();
        return;
      }
      if (number > last + 1) {
        gaps.increment();
        if (!catchingUp) {
          catchingUp = true;
          send(topic.subscription(after()));
        }
        return;
      }
      if (last == 0) {
        firstSequence = sequence;
      } else if (sequence != firstSequence + number - 1) {
        surprises.add("event %d has the sequence number %d".formatted(number, sequence));
      }
      last = number;
      delivered.increment();
      Killing kill = killing;
      if (kill != null
          && kill.number == number
          && kill.arrivals.incrementAndGet() == kill.atArrival) {
        kill.victims.forEach(Client::kill);
      }
    }

    private Optional<Long> after() {
      return last == 0 ? Optional.empty() : Optional.of(firstSequence + last - 1);
    }

    /** A reset and no close frame: the server's next write finds out. */
    private void kill() {
      killed = true;
      Channel open = channel;
      if (open != null) {
        open.config().setOption(ChannelOption.SO_LINGER, 0);
        var _ = open.close();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (subscribed && !killed && !eventLoops.isShuttingDown()) {
        surprises.add("a connection was closed by the server");
      } else if (!subscribed) {
        again();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (subscribed && !killed) {
        surprises.add(cause.toString());
      }
      var _ = ctx.close();
    }
  }

  @Override
  public void close() {
    var _ = eventLoops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
