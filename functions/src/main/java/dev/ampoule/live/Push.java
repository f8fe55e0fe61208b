package dev.ampoule.live;

/** Sends to connections. Never throws for a connection that does not take what it is sent. */
public interface Push {
  /** What became of a frame. */
  enum Sent {
    SENT,
    /** There is no such connection any more. */
    GONE,
    /** It may be there, and did not take the frame in time. */
    FAILED
  }

  /** For who only reads. */
  Push NOWHERE =
      new Push() {
        @Override
        public Sent send(ConnectionId to, String frame) {
          return Sent.FAILED;
        }

        @Override
        public boolean isOpen(ConnectionId id) {
          return true;
        }

        @Override
        public void close(ConnectionId id) {}
      };

  Sent send(ConnectionId to, String frame);

  /** Whether it can be sent to; true where that is not known. */
  boolean isOpen(ConnectionId id);

  /** Ends the connection: the client comes again and is sent what it missed. */
  void close(ConnectionId id);
}
