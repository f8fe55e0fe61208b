package dev.ampoule.entry;

import static org.assertj.core.api.Assertions.assertThat;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import com.amazonaws.services.lambda.runtime.serialization.events.LambdaEventSerializers;
import com.amazonaws.services.lambda.runtime.serialization.factories.JacksonFactory;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every file of {@code events/}, read and answered by the serializers of Lambda's runtime. */
final class EventsTest {
  private static final Pattern HANDLER =
      Pattern.compile("^ +Handler: dev\\.ampoule\\.entry\\.(\\w+)$", Pattern.MULTILINE);

  @TestFactory
  Stream<DynamicTest> everyEventIsAnsweredAsItMust() throws Exception {
    var backend = Backend.start();
    Events.prepare(backend);
    var wiring = new Wiring(backend.settings());
    return Events.IN_ORDER.stream()
        .map(one ->
            DynamicTest.dynamicTest(
                one.toString(),
                () -> {
                  if (one.file().equals("activate.json")) {
                    feed(Events.secondUpload(), RegisterHandler.class, wiring);
                  }
                  one.expected()
                      .check(feed(Events.text(one.file()), one.handler(), wiring), backend);
                }))
        .onClose(backend::close);
  }

  @SuppressWarnings("unchecked") // the handler's own types
  private static JsonNode feed(String event, Class<?> handlerClass, Wiring wiring)
      throws Exception {
    var handler =
        (RequestHandler<Object, Object>)
            handlerClass.getConstructor(Wiring.class).newInstance(wiring);
    List<Type> types =
        List.of(((ParameterizedType) handlerClass.getGenericSuperclass()).getActualTypeArguments());
    var input =
        serializer(types.getFirst())
            .fromJson(new ByteArrayInputStream(event.getBytes(StandardCharsets.UTF_8)));
    var output = new ByteArrayOutputStream();
    serializer(types.getLast()).toJson(handler.handleRequest(input, CONTEXT), output);
    return Events.json(output.toString(StandardCharsets.UTF_8));
  }

  /** As {@code EventHandlerLoader} of the runtime interface client chooses. */
  @SuppressWarnings("unchecked") // reads and writes what it was asked for
  private static PojoSerializer<Object> serializer(Type type) {
    return type instanceof Class<?> known
            && LambdaEventSerializers.isLambdaSupportedEvent(known.getName())
        ? (PojoSerializer<Object>)
            LambdaEventSerializers.serializerFor(known, EventsTest.class.getClassLoader())
        : JacksonFactory.getInstance().getSerializer(type);
  }

  private static final Context CONTEXT = new TestContext("4f2f6c1e-0b8e-4f0a-9f5e-2a1d7c3b9e10");

  @Test
  void noFileIsWithoutATest() throws Exception {
    try (var files = Files.list(Events.FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> !name.equals("README.md"))
          .containsExactlyInAnyOrderElementsOf(
              Events.IN_ORDER.stream().map(Events.Case::file).toList());
    }
  }

  @Test
  void everyFunctionOfTheTemplateHasAnEvent() throws Exception {
    var handlers =
        HANDLER
            .matcher(Files.readString(Path.of("..", "template.yaml")))
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toSet());
    assertThat(handlers).isNotEmpty();
    assertThat(Events.IN_ORDER.stream().map(one -> one.handler().getSimpleName()))
        .containsAll(handlers);
  }
}
