package dev.ampoule.local.template;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What one machine runs of a template: its resources with every reference resolved. Functions,
 * tables and queues are named by their physical names.
 *
 * @param outputs the template's own, by name
 * @param notes a line for each kind of resource, and for each setting, that is ignored here
 *     although someone might count on it
 */
public record StackPlan(
    List<Function> functions,
    List<Route> routes,
    Optional<Authorizer> authorizer,
    Optional<WebSocketApi> webSocketApi,
    List<Table> tables,
    List<Bucket> buckets,
    List<Queue> queues,
    List<Schedule> schedules,
    List<StreamMapping> streamMappings,
    Map<String, String> outputs,
    List<String> notes) {
  public StackPlan {
    functions = List.copyOf(functions);
    routes = List.copyOf(routes);
    Objects.requireNonNull(authorizer, "authorizer");
    Objects.requireNonNull(webSocketApi, "webSocketApi");
    tables = List.copyOf(tables);
    buckets = List.copyOf(buckets);
    queues = List.copyOf(queues);
    schedules = List.copyOf(schedules);
    streamMappings = List.copyOf(streamMappings);
    outputs = Map.copyOf(outputs);
    notes = List.copyOf(notes);
  }

  /**
   * An {@code AWS::Lambda::Function}. Its memory is not here: all functions share one process.
   *
   * @param handlerClass without the method's name
   * @param timeout as Lambda's, 1 s to 15 min
   * @param concurrency the reserved one, or what an account has where none is reserved
   */
  public record Function(
      String name,
      String handlerClass,
      Duration timeout,
      int concurrency,
      Map<String, String> environment,
      AsynchronousCalls asynchronousCalls) {
    public Function {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(handlerClass, "handlerClass");
      Objects.requireNonNull(timeout, "timeout");
      environment = Map.copyOf(environment);
      Objects.requireNonNull(asynchronousCalls, "asynchronousCalls");
    }
  }

  /**
   * What becomes of asynchronous calls that fail: {@code EventInvokeConfig} and {@code
   * DeadLetterConfig}.
   *
   * @param retriesMax 0 to 2
   * @param ageMax how old an event may become, 60 s to 6 h
   * @param deadLetterQueue the queue that gets the event itself
   */
  public record AsynchronousCalls(
      int retriesMax, Duration ageMax, Optional<String> deadLetterQueue) {
    public AsynchronousCalls {
      Objects.requireNonNull(ageMax, "ageMax");
      Objects.requireNonNull(deadLetterQueue, "deadLetterQueue");
    }
  }

  /**
   * A route of the HTTP API, through its integration and alias to the function.
   *
   * @param key such as {@code GET /v1/plugins}
   * @param authorized whether the authorizer is asked first
   */
  public record Route(String key, String function, boolean authorized) {
    public Route {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(function, "function");
    }
  }

  /**
   * A Lambda authorizer.
   *
   * @param identitySources as the template has them, {@code $request.header.Authorization} for one
   */
  public record Authorizer(String function, List<String> identitySources) {
    public Authorizer {
      Objects.requireNonNull(function, "function");
      identitySources = List.copyOf(identitySources);
    }
  }

  /**
   * The WebSocket API.
   *
   * @param routeSelection such as {@code $request.body.action}
   * @param routes the functions by route key, {@code $connect} among them
   * @param connectAuthorizer asked before {@code $connect}
   */
  public record WebSocketApi(
      String routeSelection, Map<String, String> routes, Optional<Authorizer> connectAuthorizer) {
    public WebSocketApi {
      Objects.requireNonNull(routeSelection, "routeSelection");
      routes = Map.copyOf(routes);
      Objects.requireNonNull(connectAuthorizer, "connectAuthorizer");
    }
  }

  /**
   * A DynamoDB table.
   *
   * @param streamView {@code StreamViewType}, where it has a stream
   * @param ttlAttribute the attribute with the time to live, in seconds since 1970
   */
  public record Table(
      String name,
      List<Attribute> attributes,
      List<Key> keys,
      List<Index> indexes,
      Optional<String> streamView,
      Optional<String> ttlAttribute) {
    public Table {
      Objects.requireNonNull(name, "name");
      attributes = List.copyOf(attributes);
      keys = List.copyOf(keys);
      indexes = List.copyOf(indexes);
      Objects.requireNonNull(streamView, "streamView");
      Objects.requireNonNull(ttlAttribute, "ttlAttribute");
    }
  }

  /** Of a key, {@code type} S, N or B. */
  public record Attribute(String name, String type) {
    public Attribute {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(type, "type");
    }
  }

  /** One part of a key, {@code type} HASH or RANGE. */
  public record Key(String attribute, String type) {
    public Key {
      Objects.requireNonNull(attribute, "attribute");
      Objects.requireNonNull(type, "type");
    }
  }

  /**
   * A global secondary index.
   *
   * @param projection ALL, KEYS_ONLY or INCLUDE
   * @param projected with INCLUDE, the attributes that are there besides the keys
   */
  public record Index(String name, List<Key> keys, String projection, List<String> projected) {
    public Index {
      Objects.requireNonNull(name, "name");
      keys = List.copyOf(keys);
      Objects.requireNonNull(projection, "projection");
      projected = List.copyOf(projected);
    }
  }

  /** An S3 bucket and what it tells functions of. */
  public record Bucket(String name, List<Notification> notifications) {
    public Bucket {
      Objects.requireNonNull(name, "name");
      notifications = List.copyOf(notifications);
    }
  }

  /**
   * New objects call a function.
   *
   * @param event {@code s3:ObjectCreated:*} or one below it
   * @param prefix of the key; empty for any
   * @param suffix of the key; empty for any
   */
  public record Notification(String event, String prefix, String suffix, String function) {
    public Notification {
      Objects.requireNonNull(event, "event");
      Objects.requireNonNull(prefix, "prefix");
      Objects.requireNonNull(suffix, "suffix");
      Objects.requireNonNull(function, "function");
    }
  }

  /** An SQS queue; {@code retention} is 1 min to 14 days. */
  public record Queue(String name, Duration retention) {
    public Queue {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(retention, "retention");
    }
  }

  /**
   * An EventBridge rule calls a function at a rate.
   *
   * @param input the event, as JSON; empty for EventBridge's own
   */
  public record Schedule(String rule, Duration every, String function, Optional<String> input) {
    public Schedule {
      Objects.requireNonNull(rule, "rule");
      Objects.requireNonNull(every, "every");
      Objects.requireNonNull(function, "function");
      Objects.requireNonNull(input, "input");
    }
  }

  /**
   * A table's stream calls a function, batch by batch: {@code AWS::Lambda::EventSourceMapping}.
   *
   * @param batchSize 1 to 10 000 records
   * @param window how long a batch may wait to become full, 0 to 300 s
   * @param filters a record that matches none is passed over; empty lets every record through
   * @param reportsItemFailures whether the function names the records that failed
   * @param bisects whether a batch that failed is split in two
   * @param retriesMax empty for no end
   * @param ageMax records that are older are not tried again; empty for no limit
   * @param parallelization 1 to 10 batches at a time, of different items
   * @param onFailureQueue told of the records that were given up
   */
  public record StreamMapping(
      String id,
      String table,
      String function,
      int batchSize,
      Duration window,
      List<EventPattern> filters,
      boolean reportsItemFailures,
      boolean bisects,
      OptionalInt retriesMax,
      Optional<Duration> ageMax,
      int parallelization,
      Optional<String> onFailureQueue) {
    public StreamMapping {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(table, "table");
      Objects.requireNonNull(function, "function");
      Objects.requireNonNull(window, "window");
      filters = List.copyOf(filters);
      Objects.requireNonNull(retriesMax, "retriesMax");
      Objects.requireNonNull(ageMax, "ageMax");
      Objects.requireNonNull(onFailureQueue, "onFailureQueue");
    }
  }
}
