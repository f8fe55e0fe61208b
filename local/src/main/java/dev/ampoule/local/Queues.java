package dev.ampoule.local;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queues of the template, in memory: standard SQS queues as far as a dead-letter queue is one.
 * Each is in the order of arrival.
 */
public final class Queues {
  /** The oldest make room for the newest; the log says so. */
  static final int MESSAGES_MAX = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(Queues.class);

  private final Clock clock;
  private final Map<String, Queue> queues = new LinkedHashMap<>();

  Queues(Clock clock) {
    this.clock = clock;
  }

  /** Empty for good: the application has no queues. */
  public static Queues none() {
    return new Queues(Clock.systemUTC());
  }

  synchronized Queue create(String name, Duration retention) {
    return queues.computeIfAbsent(name, _ -> new Queue(name, retention));
  }

  synchronized Optional<Queue> named(String name) {
    return Optional.ofNullable(queues.get(name));
  }

  synchronized Collection<Queue> all() {
    return List.copyOf(queues.values());
  }

  /**
   * A message attribute.
   *
   * @param type String or Number
   */
  record Attribute(String type, String value) {
    Attribute {
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(value, "value");
    }
  }

  /**
   * What was received.
   *
   * @param receipt names this receiving, until the message is visible again
   * @param receives how often, this time included
   */
  record Received(
      String id,
      String receipt,
      String body,
      Map<String, Attribute> attributes,
      Instant sentAt,
      int receives) {
    Received {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(receipt, "receipt");
      Objects.requireNonNull(body, "body");
      attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
      Objects.requireNonNull(sentAt, "sentAt");
    }
  }

  /** One queue. */
  final class Queue {
    private final String name;
    private final Duration retention;
    private final ArrayDeque<Message> messages = new ArrayDeque<>();

    private Queue(String name, Duration retention) {
      this.name = name;
      this.retention = retention;
    }

    String name() {
      return name;
    }

    Duration retention() {
      return retention;
    }

    synchronized void send(String body, Map<String, Attribute> attributes) {
      expire();
      if (messages.size() == MESSAGES_MAX) {
        messages.removeFirst();
        LOG.error("{} is full ({} messages): its oldest is dropped", name, MESSAGES_MAX);
      }
      messages.addLast(new Message(body, attributes, clock.instant()));
    }

    /** Up to {@code max} visible messages, which are then invisible for as long as is said. */
    synchronized List<Received> receive(int max, Duration visibilityTimeout) {
      expire();
      Instant now = clock.instant();
      List<Received> received = new ArrayList<>();
      for (Message message : messages) {
        if (received.size() < max && !message.visibleFrom.isAfter(now)) {
          message.visibleFrom = now.plus(visibilityTimeout);
          message.receipt = UUID.randomUUID().toString();
          message.receives++;
          received.add(message.received());
        }
      }
      return received;
    }

    /** Deleting what is not there (any more) does nothing, as with SQS. */
    synchronized void delete(String receipt) {
      messages.removeIf(message -> message.receipt.equals(receipt));
    }

    synchronized int visible() {
      expire();
      Instant now = clock.instant();
      return (int) messages.stream().filter(m -> !m.visibleFrom.isAfter(now)).count();
    }

    synchronized int invisible() {
      int visible = visible();
      return messages.size() - visible;
    }

    private void expire() {
      Instant oldest = clock.instant().minus(retention);
      for (Iterator<Message> all = messages.iterator(); all.hasNext(); ) {
        if (!all.next().sentAt.isBefore(oldest)) {
          return;
        }
        all.remove();
      }
    }
  }

  private static final class Message {
    private final String id = UUID.randomUUID().toString();
    private final String body;
    private final Map<String, Attribute> attributes;
    private final Instant sentAt;
    private Instant visibleFrom;
    private String receipt = "";
    private int receives;

    Message(String body, Map<String, Attribute> attributes, Instant sentAt) {
      this.body = body;
      this.attributes = attributes;
      this.sentAt = sentAt;
      this.visibleFrom = sentAt;
    }

    Received received() {
      return new Received(id, receipt, body, attributes, sentAt, receives);
    }
  }
}
