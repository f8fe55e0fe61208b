package dev.ampoule.local.cli;

/** What answered does not keep to Ampoule's API; the URL may be that of something else. */
final class UnexpectedAnswerException extends Exception {
  private static final long serialVersionUID = 1;

  UnexpectedAnswerException(String message) {
    super(message);
  }
}
