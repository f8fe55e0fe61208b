package dev.ampoule.sandbox;

import dev.ampoule.plugin.FunctionName;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What inspection learned of a module and later steps rely on.
 *
 * @param functions exports that a caller may name: no parameters, at most one i32 or i64 result
 */
public record ModuleFacts(Abi abi, SortedSet<FunctionName> functions) {
  public ModuleFacts {
    functions = Collections.unmodifiableSortedSet(new TreeSet<>(functions));
  }

  /**
   * The function to call when neither the request nor the manifest names one. {@code _start} does
   * not compete with others: Go and TinyGo export it with every plugin.
   */
  public Optional<FunctionName> soleFunction() {
    List<FunctionName> named =
        functions.size() == 1
            ? List.copyOf(functions)
            : functions.stream().filter(f -> !f.equals(FunctionName.START)).toList();
    return named.size() == 1 ? Optional.of(named.getFirst()) : Optional.empty();
  }
}
