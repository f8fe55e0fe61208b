package dev.ampoule.local.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A list that the server gives in pages, read as one. */
sealed interface Listing {
  /**
   * What was asked for.
   *
   * @param document the first page, with the items of the further ones added and without its {@code
   *     next}
   * @param items those of the document
   * @param more whether there are more than were asked for
   */
  record Listed(ObjectNode document, ArrayNode items, boolean more) implements Listing {}

  record Refused(Problem problem) implements Listing {}

  /** Pages may be empty where a filter leaves nothing of them. */
  int PAGES_MAX = 1000;

  int PAGE_ITEMS_MAX = 100;

  /** Puts a page's size into the query, where the call takes one. */
  @FunctionalInterface
  interface Page {
    Map<String, String> query(int itemsLeft);
  }

  /**
   * Reads until there is no more, {@code itemsMax} are there or {@value #PAGES_MAX} pages were
   * read.
   *
   * @param first where the first page is
   * @param further where the others are
   * @param field that holds a page's items
   */
  static Listing read(
      ApiClient api, ApiPath first, ApiPath further, Page page, String field, int itemsMax)
      throws ServerUnreachableException, UnexpectedAnswerException, InterruptedException {
    ObjectNode document = ApiJson.object();
    ArrayNode items = document.arrayNode();
    Optional<String> next = Optional.empty();
    for (int pages = 0; pages < PAGES_MAX; pages++) {
      Map<String, String> query = new LinkedHashMap<>(page.query(itemsMax - items.size()));
      next.ifPresent(position -> query.put("next", position));
      switch (api.get((pages == 0 ? first : further).query(query))) {
        case Reply.Refused(Problem problem) -> {
          return new Refused(problem);
        }
        case Reply.Success success -> {
          ObjectNode answer = ApiJson.object(success);
          items.addAll(ApiJson.array(success, answer, field));
          next = ApiJson.optionalText(answer, "next");
          answer.remove(List.of("next", field));
          answer.properties().forEach(other -> merge(document, other));
        }
      }
      if (next.isEmpty() || items.size() >= itemsMax) {
        break;
      }
    }
    boolean more = next.isPresent() || items.size() > itemsMax;
    while (items.size() > itemsMax) {
      items.remove(items.size() - 1);
    }
    document.set(field, items);
    return new Listed(document, items, more);
  }

  /** What a page says besides its items: lists grow, as of damaged blocks; the rest is the same. */
  private static void merge(ObjectNode document, Map.Entry<String, JsonNode> other) {
    if (document.get(other.getKey()) instanceof ArrayNode before
        && other.getValue() instanceof ArrayNode further) {
      before.addAll(further);
    } else {
      document.set(other.getKey(), other.getValue());
    }
  }
}
