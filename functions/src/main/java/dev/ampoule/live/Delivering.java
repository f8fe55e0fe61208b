package dev.ampoule.live;

/** Sends to one connection, once more where it does not take a frame, and then ends it. */
final class Delivering {
  private final Push push;
  private final Presence presence;

  Delivering(Push push, Presence presence) {
    this.push = push;
    this.presence = presence;
  }

  /**
   * Whether the frame was taken. Where it was not, the connection is gone or ended: whoever lets it
   * miss one event must not send it the next (RATIONALE: "What becomes of a connection that is too
   * slow?").
   */
  boolean send(ConnectionId to, String frame) {
    var sent = push.send(to, frame);
    if (sent == Push.Sent.FAILED) {
      sent = push.send(to, frame);
    }
    return switch (sent) {
      case SENT -> true;
      case GONE -> {
        presence.closed(to);
        yield false;
      }
      case FAILED -> {
        push.close(to);
        yield false;
      }
    };
  }
}
