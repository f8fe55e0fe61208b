package dev.ampoule.infra;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A place in a template. */
record Node(String id, Object value) {
  @SuppressWarnings("unchecked") // what JSON objects are read as
  private Map<String, Object> map() {
    return (Map<String, Object>) value;
  }

  Node at(String... path) {
    var node = this;
    for (String key : path) {
      var child = node.map().get(key);
      if (child == null) {
        throw new AssertionError(id + " has no " + key + " but " + node.keys());
      }
      node = new Node(id, child);
    }
    return node;
  }

  Set<String> keys() {
    return new TreeSet<>(map().keySet());
  }

  /** As text; an intrinsic as Java writes a map. */
  String text(String... path) {
    return String.valueOf(at(path).value());
  }

  int number(String... path) {
    return ((Number) at(path).value()).intValue();
  }

  List<Node> list(String... path) {
    return at(path).value() instanceof List<?> items
        ? items.stream().map(item -> new Node(id, item)).toList()
        : List.of(at(path));
  }

  @Override
  public String toString() {
    return id;
  }
}
