package dev.ampoule.local;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open WebSocket connection: whole messages in, frames out, and how it ends. There may be tens
 * of thousands, so this one object is also the registry's entry, the listener for the end and the
 * record of idleness (RATIONALE: "What keeps an idle WebSocket connection small?").
 */
final class WebSocketFrames extends SimpleChannelInboundHandler<WebSocketFrame>
    implements ChannelFutureListener {
  /** How a push to the connection ended. */
  enum Push {
    /** Handed to the socket, or to a buffer that the socket drains. */
    SENT,
    /** The connection is over, or ending. */
    GONE,
    /** The reader is behind by the whole buffer. */
    FULL
  }

  /** How long the peer has to answer our close frame (RFC 6455 §7.1.1). */
  static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

  private static final Logger LOG = LoggerFactory.getLogger(WebSocketFrames.class);

  private static final AtomicIntegerFieldUpdater<WebSocketFrames> IN_FLIGHT =
      AtomicIntegerFieldUpdater.newUpdater(WebSocketFrames.class, "inFlight");

  private final WebSocketServer server;
  private final Channel channel;
  private final WebSocketConnection connection;
  private final long openedNanos = System.nanoTime();

  private volatile long activeNanos = openedNanos;
  private volatile boolean stalled;
  private volatile boolean closing;
  private volatile long stalledOrClosingSinceNanos;
  private volatile int inFlight;

  /** Touched by the event loop alone. */
  private WebSocketEvent.Closing ending = WebSocketEvent.Closing.ABNORMAL;

  WebSocketFrames(WebSocketServer server, Channel channel, WebSocketConnection connection) {
    this.server = server;
    this.channel = channel;
    this.connection = connection;
  }

  WebSocketConnection connection() {
    return connection;
  }

  /** How long ago the last frame went either way, nanoseconds. */
  long idleNanos() {
    return System.nanoTime() - activeNanos;
  }

  boolean isGone() {
    return closing || !channel.isActive();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
    activeNanos = System.nanoTime();
    switch (frame) {
      case CloseWebSocketFrame close -> closedByPeer(close);
      case WebSocketFrame _ when closing -> {} // RFC 6455 §1.4: what follows our close is dropped
      case TextWebSocketFrame text -> message(text.text());
      case PingWebSocketFrame ping -> {
        if (channel.isWritable()) {
          write(new PongWebSocketFrame(ping.content().retain()));
        }
      }
      case PongWebSocketFrame _ -> {}
      // API Gateway takes no binary frames.
      default -> close(new WebSocketEvent.Closing(1003, "Binary frames are not supported"));
    }
  }

  private void message(String text) {
    if (inFlight >= server.limits().messagesInFlightMax()) {
      tooMany();
      return;
    }
    IN_FLIGHT.incrementAndGet(this);
    try {
      server.run(() -> {
        try {
          server.api().message(connection, text).ifPresent(this::send);
        } finally {
          IN_FLIGHT.decrementAndGet(this);
        }
      });
    } catch (RejectedExecutionException e) {
      IN_FLIGHT.decrementAndGet(this); // the gateway is stopping, and says so with 1001
    }
  }

  /** Not to one that does not read: its notices would pile up. */
  private void tooMany() {
    if (channel.isWritable()) {
      send(WebSocketApi.tooManyRequests(connection));
    }
  }

  private void closedByPeer(CloseWebSocketFrame close) {
    if (closing) {
      var _ = channel.close(); // the answer to ours
      return;
    }
    ending =
        close.statusCode() < 0
            ? WebSocketEvent.Closing.NO_STATUS
            : new WebSocketEvent.Closing(close.statusCode(), close.reasonText());
    closingNow();
    var _ = channel.writeAndFlush(close.retain()).addListener(ChannelFutureListener.CLOSE);
  }

  private void closingNow() {
    stalledOrClosingSinceNanos = System.nanoTime();
    closing = true;
    channel.config().setAutoRead(true); // or the peer's close frame would not be seen
  }

  /** From any thread: starts the closing handshake, once. */
  void close(WebSocketEvent.Closing how) {
    onEventLoop(() -> close(how, false));
  }

  /**
   * @param deaf whether nothing the peer sends can be understood any more; its answer cannot either
   */
  private void close(WebSocketEvent.Closing how, boolean deaf) {
    if (closing) {
      return;
    }
    ending = how;
    closingNow();
    var _ =
        channel
            .writeAndFlush(new CloseWebSocketFrame(how.code(), how.reason()))
            .addListener(_ -> {
              // Closing now, with the peer's bytes unread, would reset the connection, and a
              // reset may overtake the close frame. It reads the end of ours and closes.
              if (deaf && channel.isActive()) {
                var _ = ((DuplexChannel) channel).shutdownOutput();
              }
            });
  }

  /** From any thread: ends it without a close frame. */
  void abort() {
    var _ = channel.close();
  }

  /** From the sweeper's thread: ends what has been idle, open, stalled or closing for too long. */
  void sweep(long nowNanos) {
    WebSocketLimits limits = server.limits();
    if (closing || stalled) {
      Duration patience = closing ? CLOSE_TIMEOUT : limits.stalled();
      if (nowNanos - stalledOrClosingSinceNanos > patience.toNanos()) {
        abort();
      }
    } else if (nowNanos - activeNanos > limits.idle().toNanos()
        || nowNanos - openedNanos > limits.lifetime().toNanos()) {
      close(WebSocketEvent.Closing.GOING_AWAY);
    }
  }

  /** From any thread: sends a text message, unless the reader is too far behind. */
  void push(byte[] utf8, Consumer<Push> then) {
    onEventLoop(() -> {
      if (isGone()) {
        then.accept(Push.GONE);
      } else if (!channel.isWritable()) {
        then.accept(Push.FULL);
      } else {
        text(Unpooled.wrappedBuffer(utf8));
        then.accept(Push.SENT);
      }
    });
  }

  /** An answer to the client's own message; their number in flight bounds what waits. */
  private void send(String text) {
    onEventLoop(() -> {
      if (!isGone()) {
        text(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
      }
    });
  }

  /** In frames as small as those that API Gateway takes. */
  private void text(ByteBuf utf8) {
    int frameBytes = server.limits().frameBytesMax();
    boolean first = true;
    do {
      ByteBuf part = utf8.readRetainedSlice(Math.min(frameBytes, utf8.readableBytes()));
      boolean last = !utf8.isReadable();
      write(
          first
              ? new TextWebSocketFrame(last, 0, part)
              : new ContinuationWebSocketFrame(last, 0, part));
      first = false;
    } while (utf8.isReadable());
    utf8.release();
  }

  private void write(WebSocketFrame frame) {
    activeNanos = System.nanoTime();
    var _ = channel.writeAndFlush(frame);
  }

  private void onEventLoop(Runnable task) {
    if (channel.eventLoop().inEventLoop()) {
      task.run();
    } else {
      channel.eventLoop().execute(task);
    }
  }

  /** Who does not read is not read from either: TCP tells it to wait. */
  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (closing) {
      return;
    }
    boolean writable = channel.isWritable();
    if (!writable) {
      stalledOrClosingSinceNanos = System.nanoTime();
    }
    stalled = !writable;
    channel.config().setAutoRead(writable);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    switch (cause) {
      case CorruptedWebSocketFrameException e ->
          close(
              new WebSocketEvent.Closing(e.closeStatus().code(), e.closeStatus().reasonText()),
              true);
      case TooLongFrameException _ -> {
        var tooBig = WebSocketCloseStatus.MESSAGE_TOO_BIG;
        close(new WebSocketEvent.Closing(tooBig.code(), tooBig.reasonText()), false);
      }
      // Reset by the peer, or left by it in the middle of a message.
      case IOException _ -> abort();
      case PrematureChannelClosureException _ -> abort();
      default -> {
        LOG.error("WebSocket connection failed: {}", FunctionRunner.errorType(cause));
        close(new WebSocketEvent.Closing(1011, "Internal server error"), false);
      }
    }
  }

  /** The channel has closed, whoever closed it. */
  @Override
  public void operationComplete(ChannelFuture closed) {
    server.closed(this, ending);
  }
}
