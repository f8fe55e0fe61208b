package dev.ampoule.local;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import dev.ampoule.entry.Wiring;
import dev.ampoule.local.template.InvalidTemplateException;
import dev.ampoule.local.template.StackPlan;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A function's handler, made as Lambda does: from the name of its class.
 *
 * @param eventType the {@code I} of {@code RequestHandler<I, O>}
 */
record HandlerClass(StackPlan.Function function, RequestHandler<?, ?> handler, Type eventType) {
  /**
   * Makes it through its constructor that takes a {@link Wiring}, or through the one without
   * parameters, which then finds the environment of this process.
   *
   * @throws InvalidTemplateException where the class is no handler
   */
  static HandlerClass make(StackPlan.Function function, Wiring wiring) {
    String place = "function " + function.name();
    try {
      Class<?> type = Class.forName(function.handlerClass());
      Object made =
          Arrays.stream(type.getConstructors())
                  .anyMatch(
                      c -> Arrays.equals(c.getParameterTypes(), new Class<?>[] {Wiring.class}))
              ? type.getConstructor(Wiring.class).newInstance(wiring)
              : type.getConstructor().newInstance();
      if (!(made instanceof RequestHandler<?, ?> handler)) {
        throw new InvalidTemplateException(
            place, function.handlerClass() + " is no " + RequestHandler.class.getSimpleName());
      }
      return new HandlerClass(function, handler, eventType(type, place));
    } catch (ClassNotFoundException e) {
      throw new InvalidTemplateException(
          place, "there is no class " + function.handlerClass() + " for its Handler");
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(place, e);
    } catch (ReflectiveOperationException e) {
      throw new InvalidTemplateException(
          place,
          function.handlerClass()
              + " has no public constructor, neither with a Wiring nor without parameters");
    }
  }

  /** Found in the class or above it, where it may be a parameter that a subclass gives. */
  private static Type eventType(Class<?> type, String place) {
    Class<?> handler = type;
    while (handler != null) {
      for (Type implemented : generics(handler)) {
        if (implemented instanceof ParameterizedType parameterized
            && parameterized.getRawType() instanceof Class<?> raw
            && RequestHandler.class.isAssignableFrom(raw)
            && parameterized.getActualTypeArguments()[0] instanceof Class<?> event) {
          return event;
        }
      }
      handler = handler.getSuperclass();
    }
    throw new InvalidTemplateException(
        place, type.getName() + " does not say the types of its RequestHandler");
  }

  private static List<Type> generics(Class<?> type) {
    List<Type> found = new ArrayList<>(Arrays.asList(type.getGenericInterfaces()));
    if (type.getGenericSuperclass() instanceof ParameterizedType parent) {
      found.add(parent);
    }
    return found;
  }

  /**
   * The function as something that sends events of {@code type} calls it.
   *
   * @param caller for the message
   * @throws InvalidTemplateException where the handler takes other events
   */
  @SuppressWarnings("unchecked") // the type it was declared with
  <I> LambdaFunction<I, ?> taking(Class<I> type, String caller) {
    if (eventType != type) {
      throw new InvalidTemplateException(
          caller,
          "sends %s, and %s takes %s"
              .formatted(type.getSimpleName(), function.name(), eventType.getTypeName()));
    }
    return with((RequestHandler<I, ?>) handler);
  }

  /** The function, fed with JSON, whatever it takes. */
  LambdaFunction<String, ?> takingJson() {
    return with(EventJson.fromJson(handler, eventType));
  }

  private <I, O> LambdaFunction<I, O> with(RequestHandler<I, O> called) {
    return new LambdaFunction<>(
        function.name(), called, function.timeout(), function.concurrency());
  }
}
