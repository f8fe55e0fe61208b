package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import com.amazonaws.services.lambda.runtime.serialization.events.LambdaEventSerializers;
import com.amazonaws.services.lambda.runtime.serialization.factories.JacksonFactory;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;

/** Events in JSON, to and from what handlers take, by the rules of Lambda's Java runtime. */
final class EventJson {
  private EventJson() {}

  static String ofS3(S3Event event) {
    var bytes = new ByteArrayOutputStream();
    LambdaEventSerializers.serializerFor(S3Event.class, S3Event.class.getClassLoader())
        .toJson(event, bytes);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** The handler, fed with JSON. */
  static <I, O> RequestHandler<String, O> fromJson(RequestHandler<I, O> handler, Type eventType) {
    PojoSerializer<I> serializer = serializer(eventType);
    return (json, context) -> handler.handleRequest(serializer.fromJson(json), context);
  }

  @SuppressWarnings("unchecked") // a serialiser of the type the handler was declared with
  private static <I> PojoSerializer<I> serializer(Type type) {
    if (type instanceof Class<?> event
        && LambdaEventSerializers.isLambdaSupportedEvent(event.getName())) {
      return (PojoSerializer<I>)
          LambdaEventSerializers.serializerFor(event, event.getClassLoader());
    }
    return (PojoSerializer<I>) JacksonFactory.getInstance().getSerializer(type);
  }
}
