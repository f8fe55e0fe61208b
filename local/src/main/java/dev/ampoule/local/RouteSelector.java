package dev.ampoule.local;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;

/** Reads a message's route: one member of a JSON object, without building the object. */
record RouteSelector(String member) {
  private static final JsonFactory JSON = new JsonFactory();

  /**
   * The member's text. Empty where the message is no JSON object, or nested too deeply for Jackson
   * (1 000 levels), or the member is not there or not a string: API Gateway sends all of these to
   * {@code $default}.
   */
  Optional<String> select(String message) {
    try (JsonParser parser = JSON.createParser(message)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      Optional<String> selected = Optional.empty();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        boolean found = parser.currentName().equals(member);
        if (parser.nextToken() == JsonToken.VALUE_STRING && found) {
          selected = Optional.of(parser.getText());
        }
        parser.skipChildren();
      }
      return parser.nextToken() == null ? selected : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
