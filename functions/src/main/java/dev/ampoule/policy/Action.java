package dev.ampoule.policy;

/** What a request asks to do. */
public enum Action {
  INVOKE_PLUGIN,
  READ_PLUGIN,
  UPLOAD_PLUGIN,
  MOVE_VERSION,
  READ_AUDIT,
  /** Watch what is told of patients and wards, and who else does. */
  SUBSCRIBE_TOPIC,
  /** Watch what becomes of plugins. */
  SUBSCRIBE_PLATFORM,
  PUBLISH_TOPIC,
  /** Have events of topics go through a plugin. */
  BIND_TOPIC
}
