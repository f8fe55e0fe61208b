package dev.ampoule.sandbox;

/**
 * Text that a plugin wrote while it had the input before it, so it may hold PHI: it goes to the
 * caller and nowhere else. Printing it by accident prints its length only.
 */
public record PluginText(String forCaller) {
  @Override
  public String toString() {
    return "PluginText[" + forCaller.length() + " characters]";
  }
}
