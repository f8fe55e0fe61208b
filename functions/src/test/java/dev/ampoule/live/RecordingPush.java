package dev.ampoule.live;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Keeps what is sent to each connection. */
final class RecordingPush implements Push {
  private final Map<ConnectionId, List<String>> sent = new HashMap<>();
  private final Set<ConnectionId> closed = new HashSet<>();
  private final Map<ConnectionId, Sent> otherwise = new HashMap<>();
  private Runnable before = () -> {};

  /** Done before each frame, outside of the lock. */
  void before(Runnable action) {
    before = action;
  }

  synchronized void answer(ConnectionId id, Sent result) {
    otherwise.put(id, result);
  }

  @Override
  public Sent send(ConnectionId to, String frame) {
    before.run();
    synchronized (this) {
      if (closed.contains(to)) {
        return Sent.GONE;
      }
      if (otherwise.containsKey(to)) {
        return otherwise.get(to);
      }
      sent.computeIfAbsent(to, _ -> new ArrayList<>()).add(frame);
      return Sent.SENT;
    }
  }

  @Override
  public synchronized boolean isOpen(ConnectionId id) {
    return otherwise.get(id) != Sent.GONE && !closed.contains(id);
  }

  @Override
  public synchronized void close(ConnectionId id) {
    closed.add(id);
  }

  synchronized boolean isClosed(ConnectionId id) {
    return closed.contains(id);
  }

  synchronized List<String> sentTo(ConnectionId id) {
    return List.copyOf(sent.getOrDefault(id, List.of()));
  }

  /** The numbers of the events among them. */
  List<Long> eventsSentTo(ConnectionId id) {
    return sentTo(id).stream()
        .filter(frame -> frame.contains("\"type\":\"event\""))
        .map(frame -> Long.parseLong(frame.replaceAll(".*\"seq\":(\\d+).*", "$1")))
        .toList();
  }
}
