package dev.ampoule.entry;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.models.s3.S3EventNotification.S3EventNotificationRecord;
import dev.ampoule.audit.AuditUnavailableException;
import dev.ampoule.audit.RequestId;
import dev.ampoule.registry.RegisterPlugin;
import dev.ampoule.registry.Registration;
import dev.ampoule.registry.UploadKey;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * S3 {@code ObjectCreated} on {@code plugins/{name}/{version}.wasm}. An exception makes Lambda
 * deliver the event again; registering the same upload twice changes nothing.
 */
public final class RegisterHandler extends ObservedHandler<S3Event, @Nullable Void> {
  private static final Logger LOG = LoggerFactory.getLogger(RegisterHandler.class);

  private final RegisterPlugin registerPlugin;

  public RegisterHandler() {
    this(Wiring.ofProcess());
  }

  public RegisterHandler(Wiring wiring) {
    super(wiring);
    this.registerPlugin = wiring.registerPlugin();
  }

  @Override
  @Nullable Void handle(S3Event event, Context context) {
    for (var record : event.getRecords()) {
      var key = UploadKey.parse(key(record));
      if (key.isEmpty()) {
        LOG.warn("an object that is not plugins/NAME/VERSION.wasm was left alone");
        continue;
      }
      log(key.get(), register(key.get(), objectVersion(record), context));
    }
    return null;
  }

  private Registration register(UploadKey key, Optional<String> objectVersion, Context context) {
    try {
      return registerPlugin.register(key, objectVersion, new RequestId(context.getAwsRequestId()));
    } catch (AuditUnavailableException e) {
      throw new IllegalStateException("no audit entry could be stored", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Keys come form-encoded in S3 events. */
  private static String key(S3EventNotificationRecord record) {
    return URLDecoder.decode(record.getS3().getObject().getKey(), StandardCharsets.UTF_8);
  }

  private static Optional<String> objectVersion(S3EventNotificationRecord record) {
    return Optional.ofNullable(record.getS3().getObject().getVersionId())
        .filter(version -> !version.isEmpty());
  }

  private static void log(UploadKey key, Registration registration) {
    var what =
        switch (registration) {
          case Registration.Registered(_, boolean live) -> live ? "registered, live" : "registered";
          case Registration.Rejected _ -> "rejected";
          case Registration.Unchanged _ -> "registered before";
          case Registration.Conflict _ -> "refused: the version exists with other content";
          case Registration.Missing _ -> "gone before it was read";
        };
    LOG.info("{}@{} {}", key.name(), key.version(), what);
  }
}
