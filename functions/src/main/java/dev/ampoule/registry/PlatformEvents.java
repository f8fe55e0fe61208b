package dev.ampoule.registry;

/**
 * Port: whoever wants to hear of {@link PlatformEvent}s. Told after they are stored and audited.
 */
@FunctionalInterface
public interface PlatformEvents {
  /** Must return soon; what it throws is logged and otherwise ignored. */
  void happened(PlatformEvent event);
}
