package dev.ampoule.infra;

import java.util.List;

/** What a template makes. */
record Resources(Node all) {
  List<Node> ofType(String type) {
    return all.keys().stream()
        .map(id -> new Node(id, all.at(id).value()))
        .filter(resource -> resource.text("Type").equals(type))
        .toList();
  }

  /** The one of that type whose logical id starts so. */
  Node get(String type, String idPrefix) {
    var found =
        ofType(type).stream().filter(resource -> resource.id().startsWith(idPrefix)).toList();
    if (found.size() != 1) {
      throw new AssertionError(type + " " + idPrefix + ": " + found);
    }
    return found.getFirst();
  }

  Node properties(String type, String idPrefix) {
    return get(type, idPrefix).at("Properties");
  }
}
