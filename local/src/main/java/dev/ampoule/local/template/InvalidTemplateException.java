package dev.ampoule.local.template;

/** A template that one machine cannot run; the message says where and why. */
public final class InvalidTemplateException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** {@code place} is a path within the template, or what is at fault. */
  public InvalidTemplateException(String place, String why) {
    super(place + ": " + why);
  }
}
