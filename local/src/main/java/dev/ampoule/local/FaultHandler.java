package dev.ampoule.local;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.QuietException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stands before an embedded service and does what {@link Faults} says. */
final class FaultHandler extends Handler.Wrapper {
  private static final Logger LOG = LoggerFactory.getLogger(FaultHandler.class);

  /** Longer than the functions wait for DynamoDB, or for S3 where a caller waits for them. */
  static final Duration SLOW = Duration.ofMillis(2_500);

  private final Faults faults;
  private final Faults.Service service;

  FaultHandler(Faults faults, Faults.Service service, Handler handler) {
    super(handler);
    this.faults = faults;
    this.service = service;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    var fault = faults.of(service);
    if (fault.isEmpty()) {
      return super.handle(request, response, callback);
    }
    switch (fault.get()) {
      case DOWN -> {
        request.getConnectionMetaData().getConnection().getEndPoint().close();
        callback.failed(new FaultInjected());
      }
      case SLOW ->
          request
              .getComponents()
              .getScheduler()
              .schedule(
                  () ->
                      request
                          .getComponents()
                          .getExecutor()
                          .execute(() -> late(request, response, callback)),
                  SLOW.toMillis(),
                  TimeUnit.MILLISECONDS);
      case THROTTLE -> throttle(response, callback);
    }
    return true;
  }

  /** Served after all, though nobody waits for it any more: a put whose answer is lost. */
  private void late(Request request, Response response, Callback callback) {
    try {
      if (!super.handle(request, response, callback)) {
        Response.writeError(request, response, callback, 404);
      }
    } catch (Exception e) {
      LOG.debug("a slow request to {} broke", service, e);
      callback.failed(e);
    }
  }

  private void throttle(Response response, Callback callback) {
    response.getHeaders().put("x-amzn-RequestId", "FAULT");
    switch (service) {
      case DYNAMODB ->
          write(
              response,
              400,
              "application/x-amz-json-1.0",
              """
              {"__type":"com.amazon.coral.availability#ThrottlingException",\
              "message":"Rate exceeded"}\
              """,
              callback);
      case S3 ->
          write(
              response,
              503,
              "application/xml",
              """
              <?xml version="1.0" encoding="UTF-8"?>
              <Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message>\
              <RequestId>FAULT</RequestId></Error>\
              """,
              callback);
    }
  }

  private static void write(
      Response response, int status, String mediaType, String body, Callback callback) {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, mediaType);
    response.write(true, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)), callback);
  }

  /** Ends a request whose connection was closed. */
  private static final class FaultInjected extends Exception implements QuietException {
    private static final long serialVersionUID = 1L;

    FaultInjected() {
      super("closed as told", null, false, false);
    }
  }
}
