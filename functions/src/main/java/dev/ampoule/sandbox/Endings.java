package dev.ampoule.sandbox;

import com.dylibso.chicory.runtime.TrapException;
import com.dylibso.chicory.wasm.ChicoryException;
import dev.ampoule.sandbox.RunOutcome.TrapKind;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What kind of trap an exception out of Chicory 1.7.5 is. Its exceptions have a type for {@code
 * unreachable} only; the rest is told apart by the specification's words for a trap, which begin
 * the message. Nothing hangs on the kind but what the author reads.
 */
final class Endings {
  private static final List<Map.Entry<String, TrapKind>> BY_WORDS =
      List.of(
          Map.entry("out of bounds memory access", TrapKind.OUT_OF_BOUNDS_MEMORY),
          Map.entry("out of bounds table access", TrapKind.OUT_OF_BOUNDS_TABLE),
          Map.entry("undefined element", TrapKind.OUT_OF_BOUNDS_TABLE),
          Map.entry("uninitialized element", TrapKind.INDIRECT_CALL),
          Map.entry("indirect call type mismatch", TrapKind.INDIRECT_CALL),
          Map.entry("unknown function", TrapKind.INDIRECT_CALL),
          Map.entry("integer", TrapKind.INTEGER),
          Map.entry("invalid conversion to integer", TrapKind.INTEGER));

  private Endings() {}

  static boolean isStackOverflow(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof StackOverflowError) {
        return true;
      }
    }
    return false;
  }

  static TrapKind trapKind(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof TrapException) {
        return TrapKind.UNREACHABLE;
      }
      if (t instanceof ChicoryException) {
        TrapKind kind = byWords(t.getMessage());
        if (kind != null) {
          return kind;
        }
      }
      if (t instanceof ArithmeticException) {
        return TrapKind.INTEGER;
      }
      if (t instanceof IndexOutOfBoundsException
          || t instanceof NullPointerException
          || t instanceof NegativeArraySizeException) {
        return TrapKind.OUT_OF_BOUNDS_MEMORY;
      }
    }
    return TrapKind.OTHER;
  }

  private static @Nullable TrapKind byWords(@Nullable String message) {
    if (message == null) {
      return null;
    }
    for (var words : BY_WORDS) {
      if (message.startsWith(words.getKey())) {
        return words.getValue();
      }
    }
    return null;
  }
}
