package dev.ampoule.local;

import static java.util.Objects.requireNonNull;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2WebSocketEvent;
import com.amazonaws.services.lambda.runtime.events.DynamodbEvent;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import com.amazonaws.services.lambda.runtime.events.StreamsEventResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Handlers that templates of tests name; what each was called with is in {@link #CALLS}. */
public final class TestHandlers {
  static final BlockingQueue<String> CALLS = new LinkedBlockingQueue<>();

  private TestHandlers() {}

  /** Fails for every object with {@code poison} in its key. */
  public static final class OnUpload implements RequestHandler<S3Event, @Nullable Void> {
    @Override
    public @Nullable Void handleRequest(S3Event event, Context context) {
      for (var record : event.getRecords()) {
        var key = record.getS3().getObject().getUrlDecodedKey();
        CALLS.add(key);
        if (key.contains("poison")) {
          throw new IllegalStateException("poison of patient 4711");
        }
      }
      return null;
    }
  }

  /** Fails always. */
  public static final class OnSchedule implements RequestHandler<ScheduledEvent, @Nullable Void> {
    @Override
    public @Nullable Void handleRequest(ScheduledEvent event, Context context) {
      CALLS.add(event.getDetailType() + " of " + event.getSource());
      throw new IllegalStateException("poison");
    }
  }

  /** Reports every new item with {@code poison} in its key as failed. */
  public static final class OnChange
      implements RequestHandler<DynamodbEvent, StreamsEventResponse> {
    @Override
    public StreamsEventResponse handleRequest(DynamodbEvent event, Context context) {
      List<StreamsEventResponse.BatchItemFailure> failures = new ArrayList<>();
      for (var record : event.getRecords()) {
        var key = requireNonNull(record.getDynamodb().getKeys().get("pk")).getS();
        CALLS.add(record.getEventName() + " " + key);
        if (key.contains("poison")) {
          failures.add(
              new StreamsEventResponse.BatchItemFailure(record.getDynamodb().getSequenceNumber()));
        }
      }
      return new StreamsEventResponse(failures);
    }
  }

  /** Answers with its path. */
  public static final class OnRequest
      implements RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
    @Override
    public APIGatewayV2HTTPResponse handleRequest(APIGatewayV2HTTPEvent event, Context context) {
      return APIGatewayV2HTTPResponse.builder()
          .withStatusCode(200)
          .withBody("here is " + event.getRawPath())
          .build();
    }
  }

  /** Lets everyone in, and sends every message back. */
  public static final class OnMessage
      implements RequestHandler<APIGatewayV2WebSocketEvent, Map<String, Object>> {
    @Override
    public Map<String, Object> handleRequest(APIGatewayV2WebSocketEvent event, Context context) {
      return event.getBody() == null
          ? Map.of("statusCode", 200)
          : Map.of("statusCode", 200, "body", "back: " + event.getBody());
    }
  }

  /** Cannot be made: its constructor is not public. */
  public static final class Hidden extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Hidden() {}
  }
}
