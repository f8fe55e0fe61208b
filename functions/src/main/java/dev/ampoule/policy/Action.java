package dev.ampoule.policy;

/** What a request asks to do. */
public enum Action {
  INVOKE_PLUGIN,
  READ_PLUGIN,
  UPLOAD_PLUGIN,
  MOVE_VERSION,
  READ_AUDIT
}
