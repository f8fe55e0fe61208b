package dev.ampoule.local;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a local run serves: resources, functions, and what calls them. Made once AWS answers, closed
 * before it stops.
 */
public interface Application extends AutoCloseable {
  /** Wires an application; the functions must not call AWS yet. */
  @FunctionalInterface
  interface Factory {
    Application wire(LocalEnvironment environment);
  }

  /** How far the registration of a version has come. */
  sealed interface Registration {
    record Pending() implements Registration {}

    record Live() implements Registration {}

    /** Registered or refused, and not to become live by itself; {@code why} is for the terminal. */
    record NotLive(String why) implements Registration {}
  }

  /** Makes the tables and buckets that are not there; called once, before any function runs. */
  void createResources();

  /** Starts what calls functions by itself, schedules and streams; called once, after that. */
  void start();

  /** The bucket that plugins are uploaded to. */
  String pluginBucket();

  List<Route> routes();

  Optional<Authorizer> authorizer();

  List<S3Trigger> s3Triggers();

  /** What gave up an event or a record puts it there. */
  Queues queues();

  /** Where the version of the plugin stands; asked again while it is pending. */
  Registration registration(String pluginName, String version);

  /** The roles of the token that {@code up} prints. */
  List<String> tokenRoles();

  /** A command that works when it is pasted. */
  String example(URI url, Path root, String token);

  @Override
  void close();
}
